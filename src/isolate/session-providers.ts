import type { Clock } from '../core/clock.ts'
import { setBounded } from './bounded-map.ts'

/** Which provider answered a conversation last, and when; plain data. */
export type SessionMemory = Map<string, { readonly provider: string; readonly at: number }>

/** Where a conversation's prompt is cached: with the provider that answered last. */
export type SessionProviders = {
  lastOf(session: string): string | undefined
  answered(session: string, provider: string): void
}

/** Providers keep a prompt for minutes, not for hours. */
const KEPT_MS = 15 * 60_000
const MAX_SESSIONS = 5_000

export function createSessionProviders(memory: SessionMemory, clock: Clock): SessionProviders {
  return {
    lastOf(session) {
      const last = memory.get(session)
      return last && clock.now() - last.at < KEPT_MS ? last.provider : undefined
    },
    answered(session, provider) {
      setBounded(memory, session, { provider, at: clock.now() }, MAX_SESSIONS)
    },
  }
}
