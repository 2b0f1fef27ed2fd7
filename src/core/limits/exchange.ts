import type { CompletionEnd, RequestShape, Surface } from '../completion-record.ts'
import type { BudgetRule, LimitRules } from '../identity/scopes.ts'

/** No request waits longer than this for an object, a second try included. In milliseconds. */
export const CALL_LIMIT_MS = 2_500

/**
 * What an isolate and a project's object say to each other. Plain data: for some minutes after a deployment one side may be
 * older than the other, so what is added later must be optional.
 */
export type ExchangeCall = {
  /** Leases that shrink or end, before anything is granted. */
  readonly shrinks?: readonly Shrink[]
  readonly bookings?: readonly Booking[]
  readonly ask?: LeaseAsk
  /** Completions whose records were lost since the last call that was answered. */
  readonly unbooked?: number
  readonly rules?: LedgerRules
}

export type ExchangeAnswer = {
  readonly lease?: LeaseAnswer
  readonly alerts?: readonly BudgetAlert[]
  /** Scopes in which a slot was refused a moment ago: whoever keeps one for later gives it back. */
  readonly slotsWanted?: readonly Scope[]
}

/** What the configuration says that concerns all of a project's ledger. */
export type LedgerRules = {
  /** Per cent of a budget, ascending. */
  readonly alertAt: readonly number[]
  readonly keepEventsDays: number
}

/** `project`, or `key:<id>` of one of its keys. */
export type Scope = 'project' | `key:${string}`

/** What one scope is bound to. Money in nanodollars. */
export type ScopeBounds = {
  readonly scope: Scope
  readonly budget?: { readonly nanoUsd: number; readonly per: BudgetRule['per']; readonly timeZone: string }
  readonly limits?: LimitRules
}

/** What a request takes of its bounds; 0 of what is not bound. */
export type Amounts = {
  readonly nanoUsd: number
  readonly requests: number
  readonly tokens: number
  /** Requests at once. */
  readonly slots: number
}

export type LeaseAsk = {
  /** Made by the isolate: a repeat gets the same grant. */
  readonly id: string
  readonly keyId: string
  readonly bounds: readonly ScopeBounds[]
  /** What the request at hand takes. */
  readonly need: Amounts
  /** Money with which the request is worth asking; between it and `need` the answer is limited. */
  readonly leastNanoUsd: number
  /** What would be of use, at least `need`. */
  readonly want: Amounts
  /** Take less than `need` even where others only hold the rest for the moment. */
  readonly takesLess: boolean
  /** For how long requests may be begun with it, and how long one may take, in milliseconds. */
  readonly usableMs: number
  readonly longestMs: number
}

export type LeaseAnswer =
  | {
      readonly kind: 'granted'
      readonly amounts: Amounts
      /** May be less than was asked for: a lease ends with its period. */
      readonly usableMs: number
      readonly rates: readonly RateStand[]
    }
  | { readonly kind: 'refused'; readonly scope: Scope; readonly why: Refusal }

export type Refusal =
  | { readonly kind: 'exhausted'; readonly resetsAt?: number }
  /** The money is there, but other leases hold it. */
  | { readonly kind: 'held' }
  | { readonly kind: 'rate'; readonly what: 'requests' | 'tokens' | 'concurrent'; readonly waitMs: number }
  /** More than a whole minute's. */
  | { readonly kind: 'never'; readonly limit: number }

/** How a rate stands after a grant; `remaining` without what the lease holds. */
export type RateStand = {
  readonly what: 'requests' | 'tokens'
  readonly limit: number
  readonly remaining: number
  readonly fullInMs: number
}

/** From now on a lease holds no more than this. Never grows: a late one changes nothing. */
export type Shrink = {
  readonly id: string
  readonly nanoUsd: number
  readonly slots: number
  /** Nobody knows whether it was granted: if it comes to be after this, it holds nothing. */
  readonly isOrphan?: boolean
}

/** A completion, to be booked once by its id. */
export type Booking = {
  readonly id: string
  readonly startedAt: number
  readonly keyId: string
  readonly leaseId?: string
  /** What was reserved of the lease for it. */
  readonly reserved: Amounts
  /** Token rates that hold for it, by scope. */
  readonly tokenRates?: readonly { readonly scope: Scope; readonly perMinute: number }[]
  /**
   * Budgets that hold for it: one that was removed sets off no alert. Absent of what was refused, and in what older code
   * booked.
   */
  readonly budgets?: readonly { readonly scope: Scope; readonly per: BudgetRule['per'] }[]
  readonly requestId: string
  readonly surface: Surface
  readonly stream: boolean
  readonly askedModel: string | null
  readonly model: string | null
  /** No list has the model, and it has not answered: the sums do not name it. */
  readonly isUnlisted?: boolean | undefined
  readonly provider: string | null
  readonly end: CompletionEnd
  readonly errorCode: string | null
  readonly attempts: number
  /** JSON of `[{ target, reason, skipped? }]`. */
  readonly failedAttempts: string
  readonly firstTokenMs: number | null
  readonly durationMs: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
  readonly reasoningTokens: number
  readonly hasUsage: boolean
  readonly isEstimated: boolean
  /** With what unused answers cost. `null` where no price is known. */
  readonly costNanoUsd: number | null
  /** Calls that cost something and whose answers were not used. Absent in what older code booked. */
  readonly unused?: readonly UnusedCall[]
  readonly upstreamRequestId: string | null
  readonly configVersion: string
  readonly user: string | null
  /** The fault that was planted, where one was. */
  readonly rehearsed?: string
  /** Absent in what older code booked. */
  readonly shape?: RequestShape | undefined
  readonly repaired?: boolean | undefined
}

/** A call that was paid for in vain; its tokens are not among the completion's. */
export type UnusedCall = Pick<Booking, 'provider' | 'promptTokens' | 'completionTokens' | 'costNanoUsd'> & {
  readonly model: string
}

/** A budget crossed one of its thresholds. */
export type BudgetAlert = {
  readonly scope: Scope
  readonly percent: number
  readonly spentNanoUsd: number
  readonly limitNanoUsd: number
  readonly period: string
  readonly resetsAt?: number
}
