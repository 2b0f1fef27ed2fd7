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
    wait: (ms) =>
      new Promise((resolve) => {
        waiting.push({ at: nowMs + ms, resolve })
      }),
    timer(ms, run) {
      const timer = { at: nowMs + ms, resolve: run }
      waiting.push(timer)
      return () => {
        waiting = waiting.filter((other) => other !== timer)
      }
    },
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
export const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5))

/** What the real namespace does between the store and KV. */
export type Fault = 'none' | 'down' | 'silent'

export type ProbedKv = {
  readonly kv: KVNamespace
  /** Every call, as `get config`. */
  readonly calls: string[]
  fault: Fault
  /** What `get` answers instead of what is there; set to play a read that is behind the times. */
  stale?: string | null
  /** The version that it answers with beside it. */
  staleVersion?: string
  /** Writes to these keys fail. */
  refused?: RegExp
  /** Waited for before each call is made. */
  gate?: Promise<void>
  /** Which calls the gate is for; all, where it is absent. */
  gated?: RegExp
}

export const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))

/** The real local namespace, with an eye on it and, on request, trouble. */
export function probeKv(): ProbedKv {
  const probe: ProbedKv = { kv: env.HUGWAY_KV, calls: [], fault: 'none' }
  const through = async <T>(name: string, key: unknown, make: () => Promise<T>): Promise<T> => {
    const verb = name === 'getWithMetadata' ? 'get' : name
    const call = `${verb} ${typeof key === 'string' ? key : JSON.stringify(key)}`
    probe.calls.push(call)
    if (probe.fault === 'down') throw new Error('KV is down')
    if (probe.fault === 'silent') return new Promise(() => {})
    if (name === 'put' && probe.refused?.test(String(key))) throw new Error('KV is full')
    if (!probe.gated || probe.gated.test(call)) await probe.gate
    return verb === 'get' && probe.stale !== undefined ? (staleAnswer(probe, name) as T) : make()
  }
  const names = new Set(['get', 'getWithMetadata', 'put', 'list', 'delete'])
  const kv = new Proxy(env.HUGWAY_KV, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
      if (!names.has(String(name))) return method
      return (key: unknown, ...rest: unknown[]) => through(String(name), key, () => method.call(target, key, ...rest))
    },
  })
  return Object.assign(probe, { kv })
}

function staleAnswer({ stale, staleVersion }: ProbedKv, name: string): unknown {
  if (name === 'get') return stale
  return { value: stale, metadata: staleVersion === undefined ? null : { version: staleVersion } }
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
