import { env } from 'cloudflare:workers'
import type { Clock } from '../../../src/core/clock.ts'
import type { Log } from '../../../src/core/log.ts'

export type ManualClock = Clock & {
  /** Lets `ms` pass: what waits no longer than that goes on. */
  pass(ms: number): Promise<void>
}

/** A clock that stands still unless told otherwise. */
export function manualClock(startAt = Date.UTC(2026, 10, 24)): ManualClock {
  let nowMs = startAt
  let waiting: { at: number; resolve: () => void }[] = []
  return {
    now: () => nowMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const timer = { at: nowMs + ms, resolve }
        waiting.push(timer)
        signal?.addEventListener('abort', () => {
          waiting = waiting.filter((other) => other !== timer)
        })
      }),
    async pass(ms) {
      await settle() // whoever is on the way to a wait gets there first
      nowMs += ms
      const due = waiting.filter(({ at }) => at <= nowMs)
      waiting = waiting.filter(({ at }) => at > nowMs)
      for (const { resolve } of due) resolve()
      await settle()
    },
  }
}

/** Until everything that is ready to go on has gone on. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5))

/** What the real namespace does between the store and KV. */
export type Fault = 'none' | 'down' | 'silent'

export type ProbedKv = {
  readonly kv: KVNamespace
  /** Every call, as `get config`. */
  readonly calls: string[]
  fault: Fault
  /** What `get` answers instead of what is there; set to play a read that is behind the times. */
  stale?: string | null
  /** Waited for before each `get` is answered. */
  gate?: Promise<void>
}

/** The real local namespace, with an eye on it and, on request, trouble. */
export function probeKv(): ProbedKv {
  const probe: ProbedKv = { kv: env.HUGWAY_KV, calls: [], fault: 'none' }
  const through = async <T>(name: string, key: unknown, call: () => Promise<T>): Promise<T> => {
    probe.calls.push(`${name} ${typeof key === 'string' ? key : JSON.stringify(key)}`)
    if (probe.fault === 'down') throw new Error('KV is down')
    if (probe.fault === 'silent') return new Promise(() => {})
    await probe.gate
    if (name === 'get' && probe.stale !== undefined) return probe.stale as T
    return call()
  }
  const names = new Set(['get', 'put', 'list', 'delete'])
  const kv = new Proxy(env.HUGWAY_KV, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
      if (!names.has(String(name))) return method
      return (key: unknown, ...rest: unknown[]) => through(String(name), key, () => method.call(target, key, ...rest))
    },
  })
  return Object.assign(probe, { kv })
}

export type Logged = { readonly event: string } & Readonly<Record<string, unknown>>

/** Keeps what is logged. */
export function keepLog(): { readonly log: Log; readonly lines: Logged[] } {
  const lines: Logged[] = []
  return { lines, log: (event, fields) => lines.push({ event, ...fields }) }
}

/** Keeps the work that goes on after an answer, to be waited for. */
export function keepWork() {
  const work: Promise<unknown>[] = []
  return { later: (one: Promise<unknown>) => work.push(one), count: () => work.length, done: () => Promise.all(work) }
}
