import type { CompletionEnd, Surface } from '../completion-record.ts'
import type { Booking, RateStand, Scope, ScopeBounds } from './exchange.ts'
import type { Histogram } from './histogram.ts'

/** What is asked of a project's ledger by those who look at it. Plain data; times in milliseconds since the epoch. */
export type LedgerQuery =
  | {
      readonly kind: 'usage'
      /** Whole hours; `to` is not in it. */
      readonly from: number
      readonly to: number
      readonly by: readonly UsageColumn[]
      readonly keyId?: string
      /** Whether {@link RowTimes} are wanted. */
      readonly times?: boolean
      /** At most so many rows, the dearest. The object has a bound of its own. */
      readonly most?: number
    }
  | {
      readonly kind: 'requests'
      readonly limit: number
      readonly keyId?: string
      readonly model?: string
      readonly end?: string
      /** Only those that came before this place. */
      readonly before?: { readonly at: number; readonly id: string }
    }
  /** How budgets and rates stand. */
  | { readonly kind: 'stands'; readonly bounds: readonly ScopeBounds[] }
  | { readonly kind: 'keys' }
  | { readonly kind: 'metrics' }

export type UsageColumn = 'hour' | 'day' | 'key' | 'model' | 'provider' | 'surface' | 'user'

export type LedgerReport = {
  readonly usage?: {
    readonly rows: readonly UsageSumsRow[]
    readonly unbooked: number
    /** Of all rows, where some are left out of `rows`. */
    readonly total?: UsageSumsRow
    /** Whether {@link RowTimes} were left out, because there are too many to be read. */
    readonly isUntimed?: boolean
  }
  readonly requests?: readonly BookedRequest[]
  readonly stands?: readonly ScopeStand[]
  readonly keys?: readonly KeyUse[]
  readonly metrics?: {
    readonly rows: readonly MetricsRow[]
    readonly unbooked: number
    /** For how many milliseconds from the question on no other isolate is told anything newer; absent of older code. */
    readonly freshMs?: number
  }
}

/** What is summed over completions, in the order in which it is told. */
export const SUM_NAMES = [
  'requests',
  /** Requests that did not end whole, refusals included. */
  'failed',
  'promptTokens',
  'completionTokens',
  'cachedTokens',
  'reasoningTokens',
  /** Whole nanodollars. */
  'costNanoUsd',
  /** Requests of which some tokens were counted from bytes, because the upstream told none. */
  'estimated',
  /** Calls that used tokens and have no price. */
  'unpriced',
] as const

export type SumName = (typeof SUM_NAMES)[number]

export type LedgerSums = { readonly [Name in SumName]: number }

/** Each sum, as `count` has it. */
export function sumsBy(count: (name: SumName) => number): LedgerSums {
  return Object.fromEntries(SUM_NAMES.map((name) => [name, count(name)])) as LedgerSums
}

/** The sums of nothing. */
export const NO_SUMS = sumsBy(() => 0)

/** First tokens of streams, and durations of completions that ended whole. Absent where they were not asked for. */
export type RowTimes = { readonly firstToken?: Histogram; readonly duration?: Histogram }

/** `hour` and `day` in hours and days since the epoch; '' of the others: there was none. */
export type UsageSumsRow = LedgerSums &
  RowTimes & {
    readonly hour?: number
    readonly day?: number
    readonly key?: string
    readonly model?: string
    readonly provider?: string
    readonly surface?: Surface
    readonly user?: string
  }

export type BookedRequest = Omit<Booking, 'leaseId' | 'reserved' | 'tokenRates' | 'budgets'>

export type ScopeStand = {
  readonly scope: Scope
  readonly spentNanoUsd: number
  readonly heldNanoUsd: number
  readonly resetsAt?: number
  readonly rates: readonly RateStand[]
  readonly running: number
}

export type KeyUse = {
  readonly keyId: string
  readonly lastUsedAt: number
  readonly costNanoUsd: number
  readonly requests: number
}

export type MetricsRow = LedgerSums & {
  readonly model: string
  readonly provider: string
  readonly surface: Surface
  readonly end: CompletionEnd
  readonly firstToken: Histogram
  readonly duration: Histogram
}
