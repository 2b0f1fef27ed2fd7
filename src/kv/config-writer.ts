import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { LoadedConfig } from '../core/config/config.ts'
import { BY_HAND, formatVersionId, type VersionFacts, versionTime } from '../core/config/config-version.ts'
import { parseDocumentText } from '../core/config/document-text.ts'
import { withoutSecrets, withoutSecretText } from '../core/config/secrets.ts'
import { GatewayError } from '../core/failure.ts'
import type { ConfigHistory } from './config-history.ts'
import type { ConfigMemory } from './config-memory.ts'
import { CONFIG_KEY, KV_READ_LIMIT_MS } from './schema.ts'
import type { ConfigState } from './stored-config.ts'

/** Who writes, how, and on what condition. */
export type ConfigEdit = Pick<VersionFacts, 'author' | 'action' | 'of'> & {
  /** Whether the write may go on, judged by the tag of what is stored. Every write may, where it is absent. */
  readonly mayReplace?: (tag: string) => boolean
}

type WriterDeps = {
  readonly kv: KVNamespace
  readonly memory: ConfigMemory
  readonly clock: Clock
  readonly history: ConfigHistory
  readonly randomBytes: (count: number) => Uint8Array
  /** The state of what is stored now. */
  readonly read: () => Promise<ConfigState>
}

const TRUST_OWN_WRITE_MS = 60_000
/** A write that has not come back by then holds nobody up any more. */
const WRITE_LIMIT_MS = 30_000
const WITHOUT_A_NAME: ConfigEdit = { author: 'unknown', action: 'put' }

/**
 * Makes the one way in which a document gets under `config`:
 *
 * - What was written there by hand is kept as a version first.
 * - The new version is written before `config` names it, so a write that fails anywhere leaves the old document in use.
 * - The same document again makes no version.
 * - A condition is checked against what this location reads from KV, and against every write of this isolate. KV has no
 *   compare-and-swap: of two writers that check the same tag within the minute that KV takes to spread a write, both may
 *   pass in different locations, and the later one wins whole. Both are in the history.
 */
export function createConfigWriter(deps: WriterDeps) {
  const { memory, clock } = deps
  return async function writeConfig(loaded: LoadedConfig, edit = WITHOUT_A_NAME): Promise<ConfigState> {
    const isBusy = memory.writing !== undefined && clock.now() - memory.writing.since < WRITE_LIMIT_MS
    if (edit.mayReplace && isBusy) throw changed('being written')
    const writing = { since: clock.now() }
    memory.writing = writing
    try {
      return await replace(deps, loaded, edit)
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause
      throw new GatewayError({ kind: 'config_not_stored' }, { cause })
    } finally {
      if (memory.writing === writing) delete memory.writing
    }
  }
}

async function replace(deps: WriterDeps, loaded: LoadedConfig, edit: ConfigEdit): Promise<ConfigState> {
  const { memory, clock } = deps
  const writesBefore = memory.writes
  const active = await stored(deps)
  if (edit.mayReplace && !edit.mayReplace(active.tag)) throw changed(active.tag)
  const { text } = loaded
  if (memory.stored?.text === text && memory.stored.version !== undefined) return active
  const id = await keepVersions(deps, text, edit)
  // Nothing is waited for between this look and the claim, so of two writers in one isolate only one passes.
  if (edit.mayReplace && memory.writes !== writesBefore) throw changed(memory.state?.tag ?? 'being written')
  memory.writes++
  await deps.kv.put(CONFIG_KEY, text, { metadata: { version: id } })
  return remember(memory, loaded, { text, version: id }, clock.now())
}

/** What is stored now. Without knowing it nothing may be written: it could be an edit by hand that is kept nowhere. */
async function stored({ read, clock }: WriterDeps): Promise<ConfigState> {
  const state = await within(read(), KV_READ_LIMIT_MS, clock)
  if (state === TIMED_OUT) throw new GatewayError({ kind: 'config_not_stored' })
  return state
}

/** Keeps the new document, and before it the stored one if it is nobody's version yet. */
async function keepVersions({ memory, clock, history, randomBytes }: WriterDeps, text: string, edit: ConfigEdit) {
  // Never before the version it replaces, whatever this location's clock says: the order of ids is that of writing.
  const before = versionTime(memory.latestVersion) ?? 0
  const atMs = Math.max(clock.now(), before + 2)
  const byHand = memory.stored?.version === undefined ? memory.stored?.text : undefined
  if (byHand != null) {
    const facts = { at: new Date(atMs - 1).toISOString(), author: BY_HAND, action: 'by_hand' } as const
    await history.keep(formatVersionId(atMs - 1, randomBytes(4)), withoutSecretsIn(byHand), facts)
  }
  const id = formatVersionId(atMs, randomBytes(4))
  const { author, action, of } = edit
  const facts: VersionFacts = { at: new Date(atMs).toISOString(), author, action, ...(of !== undefined && { of }) }
  await history.keep(id, text, facts)
  return id
}

/** Versions are kept for ever, so a key that somebody wrote into KV by hand does not get into one. */
function withoutSecretsIn(text: string): string {
  const parsed = parseDocumentText(text)
  if (!parsed.ok) return withoutSecretText(text)
  const { value, problems } = withoutSecrets(parsed.value)
  return problems.length > 0 ? JSON.stringify(value, null, 2) : withoutSecretText(text)
}

function remember(memory: ConfigMemory, loaded: LoadedConfig, now: { text: string; version: string }, nowMs: number) {
  memory.writes++ // once more: a read that began while the write was under way may have seen the old document
  if (nowMs >= memory.trustedUntil) memory.replaced.clear()
  if (memory.stored && memory.stored.version === undefined) memory.replaced.add(memory.stored.text)
  const state: ConfigState = { ...loaded, source: 'kv', version: now.version, tag: now.version }
  const trustedUntil = nowMs + TRUST_OWN_WRITE_MS
  Object.assign(memory, { state, stored: now, latestVersion: now.version, checkedAt: nowMs, trustedUntil })
  return state
}

const changed = (current: string) => new GatewayError({ kind: 'config_changed', current })
