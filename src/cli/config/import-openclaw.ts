import { parseModelRef } from '../../core/routing/model-ref.ts'
import { formatPath, type ValuePath, valueAt } from '../../json/value-path.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'

/** Something of an OpenClaw configuration that is not taken over. */
export type Dropped = { readonly path: string; readonly why: string }

/** What an OpenClaw configuration says about models of Hugging Face. */
export type Imported = {
  readonly primary?: string
  readonly fallbacks: readonly string[]
  /** `alias` is absent for an entry that only names its ref. */
  readonly aliases: readonly { readonly ref: string; readonly alias?: string }[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly mode?: string
  readonly dropped: readonly Dropped[]
}

const MODEL: ValuePath = ['agents', 'defaults', 'model']
const ALIASES: ValuePath = ['agents', 'defaults', 'models']
const PROVIDER: ValuePath = ['models', 'providers', 'huggingface']
const FOREIGN = 'not a model of Hugging Face'

/** Takes what concerns us from an `openclaw.json`, and names everything else. Never throws. */
export function readOpenClaw(document: unknown): Imported {
  const dropped: Dropped[] = []
  const drop = (path: ValuePath, why: string) => void dropped.push({ path: formatPath(path), why })
  const own = (value: unknown, path: ValuePath) => {
    if (isOurs(value)) return [value]
    if (value !== undefined) drop(path, FOREIGN)
    return []
  }
  dropOthers(document, [], ['agents', 'models', '$schema'], drop)
  dropOthers(document, ['agents'], ['defaults'], drop)
  dropOthers(document, ['agents', 'defaults'], ['model', 'models'], drop)
  dropOthers(document, ['models'], ['mode', 'providers'], drop)
  dropOthers(document, ['models', 'providers'], ['huggingface'], drop)
  dropOthers(document, PROVIDER, ['models', 'api'], drop)

  const model = valueAt(document, MODEL)
  const isText = typeof model === 'string'
  const [primary] = own(isText ? model : fieldOf(model, 'primary'), isText ? MODEL : [...MODEL, 'primary'])
  const fallbacks = listOf(fieldOf(model, 'fallbacks')).flatMap((one, at) => own(one, [...MODEL, 'fallbacks', at]))
  const aliases = Object.entries(valueAt(document, ALIASES) ?? {}).flatMap(([key, options]) => {
    const alias = fieldOf(options, 'alias')
    dropOthers(document, [...ALIASES, key], ['alias'], drop)
    return own(key, [...ALIASES, key]).map((ref) => ({ ref, ...(typeof alias === 'string' && { alias }) }))
  })
  const rows = listOf(valueAt(document, [...PROVIDER, 'models'])).flatMap((row, at) => {
    const id = fieldOf(row, 'id')
    const isRow = typeof id === 'string' && parseModelRef(id).ok
    if (!isRow) drop([...PROVIDER, 'models', at], FOREIGN)
    return isRow ? [row as Readonly<Record<string, unknown>>] : []
  })
  const mode = valueAt(document, ['models', 'mode'])
  return {
    ...(primary !== undefined && { primary }),
    fallbacks,
    aliases,
    rows,
    ...((mode === 'merge' || mode === 'replace') && { mode }),
    dropped,
  }
}

/** OpenClaw reads the first part of a ref as the provider, so one without ours is somebody else's. */
function isOurs(value: unknown): value is string {
  return typeof value === 'string' && /^huggingface\//i.test(value) && parseModelRef(value).ok
}

function dropOthers(
  document: unknown,
  path: ValuePath,
  kept: readonly string[],
  drop: (path: ValuePath, why: string) => void,
) {
  const at = valueAt(document, path)
  if (typeof at !== 'object' || at === null) return
  for (const key of Object.keys(at)) if (!kept.includes(key)) drop([...path, key], whyDropped(key))
}

function whyDropped(key: string): string {
  if (key === 'apiKey') return 'keys are not part of the configuration: the secret HF_TOKEN is used'
  if (key === 'baseUrl') return 'the address of the upstream belongs to the deployment: HF_BASE_URL'
  return 'does not concern this gateway'
}
