import type { Clock } from '../core/clock.ts'

/** How many requests could have been hedged lately, and how many were; plain data. */
export type HedgeMemory = { requests: number; hedges: number; at: number }

/** Keeps the share of hedged requests below its limit over time: an upstream that is slow for all is not asked twice by all. */
export type HedgeShare = {
  /** Counts a request that may be hedged. */
  count(): void
  /** Takes a second call, where the share allows one. */
  take(maxShare: number): boolean
}

/** What was counted is halved after this time. */
const HALF_LIFE_MS = 600_000
/** The request itself has faded a little while its first target was waited for. */
const FADED_MEANWHILE = 0.05

export const createHedgeMemory = (): HedgeMemory => ({ requests: 0, hedges: 0, at: 0 })

export function createHedgeShare(memory: HedgeMemory, clock: Clock): HedgeShare {
  const fade = () => {
    const now = clock.now()
    const factor = 0.5 ** (Math.max(0, now - memory.at) / HALF_LIFE_MS)
    memory.requests *= factor
    memory.hedges *= factor
    memory.at = now
  }
  return {
    count() {
      fade()
      memory.requests++
    },
    take(maxShare) {
      fade()
      if (memory.hedges + 1 > maxShare * memory.requests + FADED_MEANWHILE) return false
      memory.hedges++
      return true
    },
  }
}
