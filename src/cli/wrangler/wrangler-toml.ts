import { isObject } from '../../json/is-object.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { readToml } from './toml-text.ts'

const BINDING = 'HUGWAY_KV'
/** What stands for an id in the file as it is shipped. */
const NO_ID = /^0+$/
/** What an `[env.<team>]` does not inherit from the top of the file (wrangler 4.155). The rest it does. */
const NOT_INHERITED = [
  ...['vars', 'define', 'kv_namespaces', 'durable_objects', 'queues', 'r2_buckets', 'd1_databases', 'vectorize'],
  ...[
    'services',
    'analytics_engine_datasets',
    'ratelimits',
    'version_metadata',
    'ai',
    'browser',
    'images',
    'workflows',
  ],
  ...['tail_consumers', 'dispatch_namespaces', 'hyperdrive', 'send_email', 'secrets_store_secrets', 'pipelines'],
]
/** Who pays is each team's own: the top's value does not go along. */
const EACH_TEAMS_OWN = 'HF_BILL_TO'

type Table = Readonly<Record<string, unknown>>

/** What `wrangler.toml` says about one deployment. */
export type TomlDeployment = {
  /** The Worker's name at Cloudflare. */
  readonly workerName: string
  /** It has a section with a KV namespace of its own. */
  readonly hasSection: boolean
  readonly namespaceId: string | undefined
  /** Bindings and vars of the top that the section lacks: wrangler does not inherit them. */
  readonly missing: readonly string[]
  /** Names of its vars: a secret of the same name would be refused. */
  readonly vars: readonly string[]
}

/**
 * Reads what there is for a team.
 *
 * @param isDefault The team is the deployment without a name: it keeps the Worker's own name.
 * @throws Where the text is not TOML.
 */
export function readTomlDeployment(text: string, team: string, isDefault: boolean): TomlDeployment {
  const top = readToml(text).value
  const own = tableOf(fieldOf(top['env'], team))
  const topName = textOf(top['name']) ?? 'hugway'
  const ownId = namespaceIdIn(own)
  return {
    workerName: textOf(own['name']) ?? (isDefault ? topName : `${topName}-${team}`),
    hasSection: ownId !== undefined,
    namespaceId: ownId ?? (isDefault ? namespaceIdIn(top) : undefined),
    missing: missingOf(top, own).flatMap(({ names }) => names),
    vars: Object.keys(tableOf(own['vars'])),
  }
}

/**
 * Gives a team its `[env.<team>]`, whole: its own KV namespace, and every binding and var of the top, for wrangler
 * inherits none of them. As text: everything else, comments too, stays as it is.
 *
 * @throws When the section is written in a way that cannot be edited safely; the message says what to add by hand.
 */
export function addTomlDeployment(text: string, team: string, workerName: string, namespaceId: string): string {
  const env = ['env', team]
  const { value: top } = readToml(text)
  const given = tableOf(fieldOf(top['env'], team))
  const isNew = Object.keys(given).length === 0
  const named = isNew ? `${text.trimEnd()}\n\n# The deployment "${team}", added by \`hugway deploy\`.\n` : text
  let edited = isNew ? readToml(named).with(env, { name: workerName }).replace(`\`.\n\n[env`, `\`.\n[env`) : text
  for (const { path, value } of missingOf(top, given)) {
    edited = readToml(edited).with([...env, ...path], withId(value, namespaceId))
  }
  if (namespaceIdIn(tableOf(fieldOf(readToml(edited).value['env'], team))) === namespaceId) return edited
  return setNamespaceId(edited, team, namespaceId)
}

/** Adds a compatibility flag at the top of the file. */
export function addTomlFlag(text: string, flag: string): string {
  const toml = readToml(text)
  const flags = listOf(toml.value['compatibility_flags'])
  return toml.with(['compatibility_flags'], [...flags, flag])
}

/** The bindings and flags that a deployment of this file has. @throws Where the text is not TOML. */
export function readTomlTop(text: string): { readonly bindings: readonly string[]; readonly flags: readonly string[] } {
  const top = readToml(text).value
  const bindings = missingOf(top, {}).flatMap(({ names }) => names)
  return { bindings, flags: listOf(top['compatibility_flags']).map(String) }
}

/** The sections `[env.<team>]` that the file has. */
export function tomlTeams(text: string): readonly string[] {
  return Object.keys(tableOf(readToml(text).value['env']))
}

/** Something to add to a section: `path` is below the section, `names` what a person calls it. */
type Missing = { readonly path: readonly string[]; readonly value: unknown; readonly names: readonly string[] }

function missingOf(top: Table, own: Table): readonly Missing[] {
  return NOT_INHERITED.filter((key) => top[key] !== undefined).flatMap((key) => missingAt(top[key], own[key], [key]))
}

function missingAt(wanted: unknown, given: unknown, path: readonly string[]): readonly Missing[] {
  if (Array.isArray(wanted)) {
    const known = new Set(listOf(given).map(nameOf))
    const value = wanted.filter((one) => !known.has(nameOf(one)))
    return value.length > 0 ? [{ path, value, names: value.map(nameOf) }] : []
  }
  if (!isObject(wanted)) return given === undefined ? [{ path, value: wanted, names: [path.join('.')] }] : []
  const own = tableOf(given)
  const lists = Object.entries(wanted).filter(([, value]) => Array.isArray(value))
  const inner = lists.flatMap(([key, value]) => missingAt(value, own[key], [...path, key]))
  const plain = Object.entries(wanted).filter(
    ([key, value]) => !Array.isArray(value) && own[key] === undefined && key !== EACH_TEAMS_OWN,
  )
  const names = plain.map(([key]) => key)
  return plain.length > 0 ? [...inner, { path, value: Object.fromEntries(plain), names }] : inner
}

/** The namespace of the top is not the team's. */
function withId(value: unknown, namespaceId: string): unknown {
  if (!Array.isArray(value)) return value
  return value.map((one) => (nameOf(one) === BINDING ? { binding: BINDING, id: namespaceId } : one))
}

/** The binding is there, and its id is missing, or the placeholder. */
function setNamespaceId(text: string, team: string, namespaceId: string): string {
  const toml = readToml(text)
  const list = listOf(fieldOf(fieldOf(toml.value['env'], team), 'kv_namespaces'))
  const at = list.findIndex((one) => nameOf(one) === BINDING)
  return toml.with(['env', team, 'kv_namespaces', at, 'id'], namespaceId)
}

function namespaceIdIn(table: Table): string | undefined {
  const binding = listOf(table['kv_namespaces']).find((one) => nameOf(one) === BINDING)
  const id = textOf(fieldOf(binding, 'id'))
  return id === undefined || NO_ID.test(id) ? undefined : id
}

const nameOf = (binding: unknown) => String(fieldOf(binding, 'binding') ?? fieldOf(binding, 'name'))
const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const tableOf = (value: unknown): Table => (isObject(value) ? value : {})
