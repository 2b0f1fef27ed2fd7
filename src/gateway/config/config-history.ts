import { parseConfig } from '../../core/config/config.ts'
import { type VersionFacts, versionTime } from '../../core/config/config-version.ts'
import { parseDocumentText } from '../../core/config/document-text.ts'
import { GatewayError } from '../../core/failure.ts'
import { quote } from '../../core/quote.ts'
import type { KeptVersion } from '../../kv/config-history.ts'
import { fromKv } from '../from-kv.ts'
import { type ConfigDeps, type ConfigState, condition, type EditOptions, write } from './edit-config.ts'

/** One version as it is listed. */
export type VersionEntry = { readonly id: string; readonly active: boolean } & VersionFacts

export type VersionList = {
  /** The version in use, `unversioned` or `built-in`. */
  readonly active: string
  readonly versions: readonly VersionEntry[]
  /** To be sent as `before`; `null` on the last page. */
  readonly next: string | null
}

/** A version, its document, and its text as it was written; `problem` of one that would not be accepted now. */
export type VersionReport = VersionEntry & {
  readonly document: unknown
  readonly text: string
  readonly problem?: string
}

/** Lists versions, newest first. */
export async function listVersions({ store }: ConfigDeps, limit: number, before?: string): Promise<VersionList> {
  const { version: active } = await store.latest()
  const { versions, next } = await fromKv(store.history.list(limit, before))
  return { active, versions: versions.map((entry) => ({ ...entry, active: entry.id === active })), next: next ?? null }
}

/** @throws {GatewayError} `unknown_version`. */
export async function getVersion({ store }: ConfigDeps, id: string): Promise<VersionReport> {
  const { text, ...entry } = await read(store, id)
  const { version } = await store.latest()
  const facts = { ...entry, active: version === id }
  const parsed = parseDocumentText(text)
  const valid = parseConfig(text)
  const problem = valid.ok ? {} : { problem: valid.error.map(({ path, message }) => `${path}: ${message}`).join('; ') }
  return { ...facts, document: parsed.ok ? parsed.value : null, text, ...problem }
}

/**
 * Makes a new version of an old one's document, which is checked again: what was accepted then may not be now.
 *
 * @throws {GatewayError} `unknown_version`; else as `replaceConfig`.
 */
export async function rollBackConfig(deps: ConfigDeps, to: string, options: EditOptions): Promise<ConfigState> {
  const { text } = await read(deps.store, to, 'to')
  return write(deps, text, { action: 'rollback', of: to, author: options.author, ...condition(options) })
}

async function read(store: ConfigDeps['store'], id: string, param?: string): Promise<KeptVersion> {
  const kept = versionTime(id) === undefined ? undefined : await fromKv(store.history.read(id))
  if (!kept) throw new GatewayError({ kind: 'unknown_version', id: quote(id), ...(param !== undefined && { param }) })
  return kept
}
