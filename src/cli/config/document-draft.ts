import { normalizeAlias } from '../../core/config/config.ts'
import { formatModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import { editJson5 } from '../../json/json5-edit.ts'
import { type ValuePath, valueAt, withValue } from '../../json/value-path.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { parseDocument } from './change-config.ts'
import type { Imported } from './import-openclaw.ts'

const MODEL: ValuePath = ['agents', 'defaults', 'model']
const ALIASES: ValuePath = ['agents', 'defaults', 'models']
const ROWS: ValuePath = ['models', 'providers', 'huggingface', 'models']

/**
 * A document that is being changed as text, one value at a time, so that everything else stays as a person wrote it.
 * A change that says what is there already changes nothing.
 */
export type DocumentDraft = {
  text(): string
  /** The default model, as it is written there. */
  primary(): string | undefined
  fallbacks(): readonly string[]
  /** The alias of a ref, however the ref is written. */
  aliasOf(ref: string): string | undefined
  /** The ref that an alias means. */
  refOf(alias: string): string | undefined
  setPrimary(ref: string): void
  setFallbacks(refs: readonly string[]): void
  setAlias(ref: string, alias: string): void
  /** Adds what an import brings where there is a gap: what stands there already stays. */
  fill(imported: Imported): void
}

/** @param text `''` for a new document. */
export function createDraft(text: string): DocumentDraft {
  let edited = text
  const get = (path: ValuePath) => valueAt(parseDocument(edited), path)
  const set = (path: ValuePath, value: unknown) => {
    edited = editJson5(edited, withValue(parseDocument(edited), path, value))
  }
  const primary = () => {
    const model = get(MODEL)
    const ref = typeof model === 'string' ? model : fieldOf(model, 'primary')
    return typeof ref === 'string' ? ref : undefined
  }
  const fallbacks = () => listOf(fieldOf(get(MODEL), 'fallbacks')).map(String)
  const named = () =>
    Object.entries(get(ALIASES) ?? {}).map(([ref, options]) => ({ ref, alias: fieldOf(options, 'alias') }))
  const draft: DocumentDraft = {
    text: () => edited,
    primary,
    fallbacks,
    aliasOf: (ref) => named().flatMap((one) => (isSame(one.ref, ref) && isText(one.alias) ? [one.alias] : []))[0],
    refOf: (alias) =>
      named().find((one) => isText(one.alias) && normalizeAlias(one.alias) === normalizeAlias(alias))?.ref,
    setPrimary(ref) {
      if (isSame(primary(), ref)) return
      set(typeof get(MODEL) === 'object' ? [...MODEL, 'primary'] : MODEL, ref)
    },
    setFallbacks(refs) {
      const before = fallbacks()
      if (refs.length === before.length && refs.every((ref, at) => isSame(ref, before[at]))) return
      const model = get(MODEL)
      if (typeof model === 'string') set(MODEL, { primary: model, fallbacks: refs })
      else set([...MODEL, 'fallbacks'], refs)
    },
    setAlias(ref, alias) {
      if (draft.aliasOf(ref) === alias) return
      set([...ALIASES, named().find((one) => isSame(one.ref, ref))?.ref ?? ref, 'alias'], alias)
    },
    fill({ primary: first, fallbacks: others, aliases, rows, mode }) {
      if (first !== undefined && primary() === undefined) draft.setPrimary(first)
      const chain = fallbacks()
      const added = others.filter((ref) => ![primary(), ...chain].some((known) => isSame(known, ref)))
      if (added.length > 0) draft.setFallbacks([...chain, ...added])
      for (const { ref, alias } of aliases) {
        if (draft.aliasOf(ref) === undefined && draft.refOf(alias) === undefined) draft.setAlias(ref, alias)
      }
      const known = listOf(get(ROWS))
      const newRows = rows.filter((row) => !known.some((one) => isSame(fieldOf(one, 'id'), row['id'])))
      if (newRows.length > 0) set(ROWS, [...known, ...newRows])
      if (mode === 'replace' && get(['models', 'mode']) === undefined) set(['models', 'mode'], mode)
    },
  }
  return draft
}

/** Whether two texts are one ref. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) !== undefined && canonical(one) === canonical(other)
}

function canonical(ref: unknown): string | undefined {
  const parsed = isText(ref) ? parseModelRef(ref) : undefined
  return parsed?.ok ? formatModelRef(parsed.value) : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string'
