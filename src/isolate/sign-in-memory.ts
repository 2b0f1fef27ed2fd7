import type { Clock } from '../core/clock.ts'

/** What an isolate remembers of attempts to sign in; plain data, bounded. */
export type SignInMemory = {
  /** Counts a wrong try and tells how many there were in the last ten minutes. */
  countWrongTry(): number
  /** Whether this is the first use of a one-time code; later ones are not. */
  spend(nonce: string, expiresAt: number): boolean
}

const WINDOW_MS = 10 * 60 * 1_000
const MAX_REMEMBERED = 100

export function createSignInMemory(clock: Clock): SignInMemory {
  let wrongTries: number[] = []
  const spent = new Map<string, number>()
  return {
    countWrongTry() {
      const now = clock.now()
      wrongTries = [...wrongTries.filter((at) => at > now - WINDOW_MS), now].slice(-MAX_REMEMBERED)
      return wrongTries.length
    },
    spend(nonce, expiresAt) {
      const now = clock.now()
      for (const [known, until] of spent) if (until <= now) spent.delete(known)
      // A code that does not fit any more is refused, not forgotten: it could be used twice.
      if (spent.has(nonce) || spent.size >= MAX_REMEMBERED) return false
      spent.set(nonce, expiresAt)
      return true
    },
  }
}
