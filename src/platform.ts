import type { Clock } from './core/clock.ts'
import type { Log } from './core/log.ts'

/** The runtime's clock, chance, network and console, by the names under which they are handed down. */
export type Platform = {
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  readonly newId: () => string
  readonly randomBytes: (count: number) => Uint8Array
  readonly log: Log
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** The only place where the Worker names them, so that everything below can be tested with others. */
export const platform: Platform = {
  clock: {
    now: () => Date.now(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    timer(ms, run) {
      const id = setTimeout(run, ms)
      return () => clearTimeout(id)
    },
  },
  random: () => Math.random(),
  newId: () => crypto.randomUUID(),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  log: (event, fields) => console.log(JSON.stringify({ event, ...fields })),
  fetch: (url, init) => fetch(url, init),
}
