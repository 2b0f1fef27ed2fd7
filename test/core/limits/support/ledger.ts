import type { Amounts, Booking, LeaseAnswer, LeaseAsk, ScopeBounds } from '../../../../src/core/limits/exchange.ts'

export const NOW = Date.UTC(2026, 10, 27, 12)
export const DAY = 86_400_000

export const money = (nanoUsd: number): Amounts => ({ nanoUsd, requests: 0, tokens: 0, slots: 0 })

/** A budget a day of the project, and one of the key where it is given. */
export function budgets(project: number, key?: number): readonly ScopeBounds[] {
  const day = (nanoUsd: number) => ({ nanoUsd, per: 'day', timeZone: 'UTC' }) as const
  return [
    { scope: 'project', budget: day(project) },
    ...(key === undefined ? [] : [{ scope: 'key:k', budget: day(key) } as const]),
  ]
}

let ids = 0

/** A question for a lease of the key `k`. */
export function askOf(need: Amounts, over: Partial<LeaseAsk> = {}): LeaseAsk {
  return {
    id: `lease ${ids++}`,
    keyId: 'k',
    bounds: budgets(1_000),
    need,
    leastNanoUsd: need.nanoUsd,
    want: need,
    takesLess: false,
    usableMs: 10_000,
    longestMs: 60_000,
    ...over,
  }
}

/** A completion of the key `k` that cost what it reserved, unless told otherwise. */
export function bookingOf(leaseId: string | undefined, cost: number, over: Partial<Booking> = {}): Booking {
  return {
    id: `booking ${ids++}`,
    startedAt: NOW,
    keyId: 'k',
    ...(leaseId !== undefined && { leaseId }),
    reserved: money(cost),
    requestId: 'r',
    surface: 'chat',
    stream: false,
    askedModel: null,
    model: 'huggingface/a/b',
    provider: null,
    end: 'whole',
    errorCode: null,
    attempts: 1,
    failedAttempts: '[]',
    firstTokenMs: null,
    durationMs: 100,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    hasUsage: true,
    isEstimated: false,
    costNanoUsd: cost,
    upstreamRequestId: null,
    configVersion: 'v',
    user: null,
    ...over,
  }
}

/** What was granted; the test fails on a refusal. */
export function grantedOf(answer: LeaseAnswer): Amounts {
  if (answer.kind !== 'granted') throw new Error(`refused: ${JSON.stringify(answer)}`)
  return answer.amounts
}
