import { type Config, DEFAULT_CONFIG, type LoadedConfig, parseConfig } from '../core/config/config.ts'
import { BUILT_IN_VERSION, UNVERSIONED, versionTime } from '../core/config/config-version.ts'
import type { Log } from '../core/log.ts'
import { toHex } from '../json/bytes.ts'
import { CONFIG_KEY, LAST_GOOD_CONFIG_KEY } from './schema.ts'

/** Where the configuration in use came from. */
export type ConfigSource = 'kv' | 'last_good' | 'built_in'

/** The configuration in use. `problem` says why it is not the one in KV, or that KV did not answer. */
export type ConfigState = {
  readonly config: Config
  readonly document: LoadedConfig['document']
  /** The document in use, as it was written. */
  readonly text: string
  readonly source: ConfigSource
  /** Names what is in use: a version's id, `unversioned` after an edit by hand, `built-in`. */
  readonly version: string
  /** Names what is stored, which is not in use where it is broken: what `ETag` and `If-Match` are about. */
  readonly tag: string
  readonly problem?: string
}

/** What stands under `config`. A hand that writes there leaves no metadata, and so no version. */
export type StoredConfig = { readonly text: string | null; readonly version?: string }

export const BUILT_IN: ConfigState = {
  config: DEFAULT_CONFIG,
  document: {},
  text: '{}',
  source: 'built_in',
  version: BUILT_IN_VERSION,
  tag: BUILT_IN_VERSION,
}

/** Document and version come in one read, so that no reader ever pairs the wrong two. */
export function readStoredConfig(kv: KVNamespace): Promise<StoredConfig> {
  return readWithVersion(kv, CONFIG_KEY)
}

/**
 * What a stored document means. A broken one is never used: `before`, else the last good copy, stays, and the log says why.
 *
 * @throws What KV throws when it does not say whether there is a last good copy.
 */
export async function toConfigState(
  { text, version }: StoredConfig,
  before: ConfigState | undefined,
  kv: KVNamespace,
  log: Log,
): Promise<ConfigState> {
  if (text === null) return BUILT_IN
  const tag = version ?? `${UNVERSIONED}-${await digestOf(text)}`
  const loaded = parseConfig(text)
  if (loaded.ok) return { ...loaded.value, source: 'kv', version: version ?? UNVERSIONED, tag }
  const problem = `The document in KV is broken: ${loaded.error.map(({ path, message }) => `${path}: ${message}`).join('; ')}`
  log('config_broken', { problem })
  if (before && before.source !== 'built_in') return { ...before, source: 'last_good', tag, problem }
  const kept = await readWithVersion(kv, LAST_GOOD_CONFIG_KEY)
  const lastGood = kept.text === null ? undefined : parseConfig(kept.text)
  if (!lastGood?.ok) return { ...BUILT_IN, tag, problem }
  return { ...lastGood.value, source: 'last_good', version: kept.version ?? UNVERSIONED, tag, problem }
}

async function readWithVersion(kv: KVNamespace, key: string): Promise<StoredConfig> {
  const { value, metadata } = await kv.getWithMetadata(key)
  const version = typeof metadata === 'object' && metadata && 'version' in metadata ? metadata.version : undefined
  const isVersion = typeof version === 'string' && versionTime(version) !== undefined
  return { text: value, ...(isVersion && { version }) }
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return toHex(new Uint8Array(digest).slice(0, 8))
}
