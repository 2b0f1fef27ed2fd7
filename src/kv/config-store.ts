import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { parseConfig } from '../core/config/config.ts'
import { GatewayError, type Problem } from '../core/failure.ts'
import { judgeFreshness } from '../core/freshness.ts'
import type { Log } from '../core/log.ts'
import { err, ok, type Result } from '../core/result.ts'
import { type ConfigHistory, createConfigHistory } from './config-history.ts'
import type { ConfigMemory } from './config-memory.ts'
import { type ConfigEdit, createConfigWriter } from './config-writer.ts'
import { NO_ANSWER, readOnce } from './one-read.ts'
import { CONFIG_KEY, KV_READ_LIMIT_MS, LAST_GOOD_CONFIG_KEY } from './schema.ts'
import { BUILT_IN, type ConfigState, readStoredConfig, type StoredConfig, toConfigState } from './stored-config.ts'

export type { ConfigEdit, ConfigState }

export type ConfigStore = {
  /** The isolate's copy, if it has one; waits for nothing. */
  remembered(): ConfigState | undefined
  /**
   * The configuration in use, without waiting in the common case. Renews it by `waitUntil` when it is old.
   *
   * @throws {GatewayError} `storage_unreadable` where KV does not answer and this isolate has no copy: only "absent" means
   *   the built-in configuration.
   */
  current(waitUntil: (work: Promise<unknown>) => void): Promise<ConfigState>
  /**
   * The configuration as KV has it now; the isolate's copy, with a problem, when KV does not answer.
   *
   * @throws {GatewayError} `storage_unreadable` as {@link current}.
   */
  latest(): Promise<ConfigState>
  /**
   * Replaces the document, whole, if all of it is good. See {@link createConfigWriter} for what it promises.
   *
   * @throws {GatewayError} `config_not_stored`; `config_changed` when `edit` says what must be stored and it is not.
   */
  replace(text: string, edit?: ConfigEdit): Promise<Result<ConfigState, readonly Problem[]>>
  /** Keeps the document in use for the day when a broken one is written. */
  keepLastGood(): Promise<void>
  readonly history: ConfigHistory
}

/**
 * A copy that nobody has looked at for a minute is renewed before it is used, so that an idle isolate does not serve by what
 * was replaced long ago. With KV away there is no upper age: the last good copy is as good as it gets.
 */
const FRESHNESS = { freshMs: 10_000, staleMs: 60_000 }
const REFRESH_LIMIT_MS = 30_000

/** @param randomBytes Makes the part of a version's id that tells two writes of one millisecond apart. */
export function createConfigStore(
  kv: KVNamespace,
  memory: ConfigMemory,
  clock: Clock,
  log: Log,
  randomBytes: (count: number) => Uint8Array,
): ConfigStore {
  const { read, failed } = createReader(kv, memory, clock, log)
  const history = createConfigHistory(kv)
  const write = createConfigWriter({ kv, memory, clock, history, randomBytes, read: () => read(isNewer) })
  const refresh = () => {
    memory.refreshingSince = clock.now()
    return read()
      .catch(failed)
      .finally(() => delete memory.refreshingSince)
  }
  /** Right after a write here KV may be behind: what it answers then counts only if it cannot be older. */
  const isNewer = ({ text, version }: StoredConfig) => {
    if (clock.now() >= memory.trustedUntil) return true
    if (version !== undefined) return version >= memory.latestVersion
    return !memory.replaced.has(text)
  }
  const freshnessOf = () => {
    if (memory.state && clock.now() < memory.trustedUntil) return 'use'
    return judgeFreshness(memory.state && clock.now() - memory.checkedAt, FRESHNESS)
  }
  return {
    history,
    remembered: () => memory.state,
    async current(waitUntil) {
      const known = memory.state
      const freshness = freshnessOf()
      if (known && freshness !== 'refresh_first') {
        const isRefreshing = clock.now() - (memory.refreshingSince ?? 0) < REFRESH_LIMIT_MS
        if (freshness === 'use_and_refresh' && !isRefreshing) waitUntil(refresh())
        return known
      }
      const look = () => (freshnessOf() === 'refresh_first' ? undefined : memory.state)
      const answer = await readOnce(memory.underWay, clock, {
        name: CONFIG_KEY,
        look,
        read: () => read().catch(failed),
        waitUntil,
      })
      if (answer !== NO_ANSWER) return answer
      return memory.state ? failed(noAnswer()) : unreadable()
    },
    async latest() {
      const first = await within(read(isNewer).catch(failed), KV_READ_LIMIT_MS, clock)
      return first === TIMED_OUT ? failed(noAnswer()) : first
    },
    async replace(text, edit) {
      const loaded = parseConfig(text)
      return loaded.ok ? ok(await write(loaded.value, edit)) : err(loaded.error)
    },
    async keepLastGood() {
      const own = clock.now() < memory.trustedUntil ? memory.state : undefined
      const state =
        own ??
        (await read()
          .catch(failed)
          .catch(() => undefined)) // the log says why
      const { text, version } = memory.stored ?? {}
      if (state?.source !== 'kv' || state.problem || text == null) return
      if ((await kv.get(LAST_GOOD_CONFIG_KEY)) === text) return
      await kv.put(LAST_GOOD_CONFIG_KEY, text, version === undefined ? {} : { metadata: { version } })
    },
  }
}

/** Reads what is stored into the isolate's copy. */
function createReader(kv: KVNamespace, memory: ConfigMemory, clock: Clock, log: Log) {
  return {
    async read(counts: (stored: StoredConfig) => boolean = () => true): Promise<ConfigState> {
      const { writes } = memory
      const stored = await readStoredConfig(kv)
      if (memory.state && (memory.writes !== writes || !counts(stored))) return memory.state
      const { text, version } = memory.stored ?? {}
      const isNew = memory.state === undefined || stored.text !== text || stored.version !== version
      const state = isNew ? await toConfigState(stored, memory.state, kv, log) : memory.state
      if (memory.state && memory.writes !== writes) return memory.state
      memory.state = state ?? BUILT_IN
      memory.stored = stored
      memory.latestVersion = laterOf(memory.latestVersion, stored.version)
      memory.checkedAt = clock.now()
      return memory.state
    },
    failed(error: unknown): ConfigState {
      const problem = `KV did not answer: ${error instanceof Error ? error.message : String(error)}`
      log('config_read_failed', { problem })
      if (!memory.state) return unreadable()
      memory.state = { ...memory.state, problem }
      delete memory.stored // the next answer is judged anew, so that this problem ends with it and no other does
      memory.checkedAt = clock.now()
      return memory.state
    },
  }
}

function unreadable(): never {
  throw new GatewayError({ kind: 'storage_unreadable', what: 'configuration' })
}

const laterOf = (one: string, other = '') => (one > other ? one : other)
const noAnswer = () => new Error(`no answer within ${KV_READ_LIMIT_MS} ms`)
