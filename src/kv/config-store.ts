import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { type Config, DEFAULT_CONFIG, type LoadedConfig, parseConfig } from '../core/config.ts'
import { GatewayError, type Problem } from '../core/errors.ts'
import { judgeFreshness } from '../core/freshness.ts'
import type { Log } from '../core/log.ts'
import { err, ok, type Result } from '../core/result.ts'
import { CONFIG_KEY, KV_READ_LIMIT_MS, LAST_GOOD_CONFIG_KEY } from './keys.ts'

/** Where the configuration in use came from. */
export type ConfigSource = 'kv' | 'last_good' | 'built_in'

/** The configuration in use. `problem` says why it is not the one in KV, or that KV did not answer. */
export type ConfigState = {
  readonly config: Config
  readonly document: LoadedConfig['document']
  readonly source: ConfigSource
  readonly problem?: string
}

/** The isolate's copy. Plain data: a promise in it could not be awaited by another request. */
export type ConfigMemory = {
  state?: ConfigState
  /** The text that `state` was made of, so that an unchanged document is not parsed again. */
  text?: string | null
  checkedAt: number
  /** After a write here KV may still answer with the old document for a while: it is not asked before this time. */
  trustedUntil: number
  refreshingSince?: number
  /** Counts writes, so that a read which began before one does not undo it. */
  writes: number
}

export const createConfigMemory = (): ConfigMemory => ({ checkedAt: 0, trustedUntil: 0, writes: 0 })

export type ConfigStore = {
  /** The configuration in use, without waiting in the common case. Renews it by `later` when it is old. */
  current(later: (work: Promise<unknown>) => void): Promise<ConfigState>
  /** Replaces the document, whole, if all of it is good. */
  replace(text: string): Promise<Result<ConfigState, readonly Problem[]>>
  /** Keeps the document in use for the day when a broken one is written. */
  keepLastGood(): Promise<void>
}

/** No upper age: with KV away, the last good copy is as good as it gets. */
const FRESHNESS = { freshMs: 10_000, staleMs: Number.POSITIVE_INFINITY }
const REFRESH_LIMIT_MS = 30_000
const TRUST_OWN_WRITE_MS = 60_000
const BUILT_IN: ConfigState = { config: DEFAULT_CONFIG, document: {}, source: 'built_in' }

export function createConfigStore(kv: KVNamespace, memory: ConfigMemory, clock: Clock, log: Log): ConfigStore {
  const read = async (): Promise<ConfigState> => {
    const { writes } = memory
    const text = await kv.get(CONFIG_KEY)
    if (memory.writes !== writes && memory.state) return memory.state
    const isNew = text !== memory.text || memory.state === undefined
    const state = isNew ? await readState(text, memory.state, kv, log) : memory.state
    memory.state = state ?? BUILT_IN
    memory.text = text
    memory.checkedAt = clock.now()
    return memory.state
  }
  const failed = (error: unknown): ConfigState => {
    const problem = `KV did not answer: ${error instanceof Error ? error.message : String(error)}`
    log('config_read_failed', { problem })
    memory.state = { ...(memory.state ?? BUILT_IN), problem }
    delete memory.text // the next answer is judged anew, so that this problem ends with it and no other does
    memory.checkedAt = clock.now()
    return memory.state
  }
  const refresh = () => {
    memory.refreshingSince = clock.now()
    return read()
      .catch(failed)
      .finally(() => delete memory.refreshingSince)
  }
  return {
    async current(later) {
      const { state } = memory
      const now = clock.now()
      if (state === undefined) {
        const reading = read().catch(failed)
        const first = await within(reading, KV_READ_LIMIT_MS, clock)
        if (first !== TIMED_OUT) return first
        later(reading)
        return memory.state ?? failed(new Error(`no answer within ${KV_READ_LIMIT_MS} ms`))
      }
      const isRefreshing = now - (memory.refreshingSince ?? 0) < REFRESH_LIMIT_MS
      const isOld = judgeFreshness(now - memory.checkedAt, FRESHNESS) !== 'use' && now >= memory.trustedUntil
      if (isOld && !isRefreshing) later(refresh())
      return state
    },
    async replace(text) {
      const loaded = parseConfig(text)
      if (!loaded.ok) return err(loaded.error)
      const kept = JSON.stringify(loaded.value.document, null, 2)
      try {
        await kv.put(CONFIG_KEY, kept)
      } catch (cause) {
        throw new GatewayError({ kind: 'config_not_stored' }, { cause })
      }
      memory.writes++
      memory.state = { ...loaded.value, source: 'kv' }
      memory.text = kept
      memory.checkedAt = clock.now()
      memory.trustedUntil = clock.now() + TRUST_OWN_WRITE_MS
      return ok(memory.state)
    },
    async keepLastGood() {
      const own = clock.now() < memory.trustedUntil ? memory.state : undefined
      const state = own ?? (await read().catch(failed))
      if (state.source !== 'kv' || state.problem || memory.text == null) return
      if ((await kv.get(LAST_GOOD_CONFIG_KEY)) !== memory.text) await kv.put(LAST_GOOD_CONFIG_KEY, memory.text)
    },
  }
}

async function readState(
  text: string | null,
  before: ConfigState | undefined,
  kv: KVNamespace,
  log: Log,
): Promise<ConfigState> {
  if (text === null) return BUILT_IN
  const loaded = parseConfig(text)
  if (loaded.ok) return { ...loaded.value, source: 'kv' }
  const problem = `The document in KV is broken: ${loaded.error.map(({ path, message }) => `${path}: ${message}`).join('; ')}`
  log('config_broken', { problem })
  if (before && before.source !== 'built_in') return { ...before, source: 'last_good', problem }
  const kept = await kv.get(LAST_GOOD_CONFIG_KEY).catch(() => null)
  const lastGood = kept === null ? undefined : parseConfig(kept)
  return lastGood?.ok ? { ...lastGood.value, source: 'last_good', problem } : { ...BUILT_IN, problem }
}
