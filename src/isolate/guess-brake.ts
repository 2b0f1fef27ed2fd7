import type { Clock } from '../core/clock.ts'
import { setBounded } from './bounded-map.ts'

/** Wrong credentials by client address: how many since when, in milliseconds since the epoch. Plain data. */
export type GuessMemory = Map<string, { readonly since: number; readonly count: number }>

/** Slows guessing down, by client address. One address never spends what another may. */
export type GuessBrake = {
  /** Milliseconds until the address may try again; `undefined` when it may now. */
  waitMs(address: string | undefined): number | undefined
  /** A credential of that address was none. */
  missed(address: string | undefined): void
}

/** More than a team behind one address mistypes in a minute, and nothing beside what guessing takes. */
const MAX_GUESSES = 20
const WINDOW_MS = 60_000
const MAX_ADDRESSES = 2_000

/** What is local to this isolate: enough to bound its reads, no lock-out for a whole network. */
export function createGuessBrake(memory: GuessMemory, clock: Clock): GuessBrake {
  const current = (address: string) => {
    const known = memory.get(address)
    return known && clock.now() - known.since < WINDOW_MS ? known : undefined
  }
  return {
    waitMs(address) {
      const known = address === undefined ? undefined : current(networkOf(address))
      return known && known.count >= MAX_GUESSES ? known.since + WINDOW_MS - clock.now() : undefined
    },
    missed(address) {
      if (address === undefined) return // without an edge in front nobody can be told from anybody
      const network = networkOf(address)
      const { since, count } = current(network) ?? { since: clock.now(), count: 0 }
      setBounded(memory, network, { since, count: count + 1 }, MAX_ADDRESSES)
    },
  }
}

/** An IPv6 customer has at least a /64, whose addresses are one client's. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - tail.split(':').length)
  return [...groups, ...Array<string>(missing).fill('0'), ...(tail?.split(':') ?? [])].slice(0, 4).join(':')
}
