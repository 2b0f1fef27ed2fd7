import type { CompletionEnd, Surface, TokenUsage } from '../../core/completion-record.ts'
import type { BudgetRule, LimitRules } from '../../core/identity/scopes.ts'
import type { UnusedCall } from '../../core/limits/exchange.ts'
import type { LedgerSums } from '../../core/limits/ledger-report.ts'

/** What usage may be asked by. `hour` and `day` are those of UTC in which completions ended; `user` is there where `hugway.usage.byUser` is on. */
export const USAGE_DIMENSIONS = ['hour', 'day', 'project', 'key', 'model', 'provider', 'surface', 'user'] as const
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

/** Sums over completions, their money also for people. */
export type UsageSums = LedgerSums & { readonly costUsd: number }

/**
 * Estimated from how many times lay between two bounds, in milliseconds: off by a factor of 3 at most, mostly by far less.
 * `null` where nothing was timed.
 */
export type TimeQuantiles = { readonly p50: number | null; readonly p95: number | null }

/** First tokens of streams, and durations of completions that ended whole. */
export type UsageTimes = { readonly firstTokenMs: TimeQuantiles; readonly durationMs: TimeQuantiles }

/** One line of a report: the dimensions that were asked for, sums, and times. */
export type UsageRow = UsageSums &
  UsageTimes & {
    /** `2026-11-27T17:00:00Z` */
    readonly hour?: string
    /** `2026-11-27` */
    readonly day?: string
    readonly project?: string
    /** The key's id; `keyName` beside it as of now. */
    readonly key?: string
    readonly keyName?: string
    readonly model?: string
    readonly provider?: string
    readonly surface?: Surface
    readonly user?: string
  }

/** `GET /admin/usage?from&to&by=day,project&project&key&format=json`. */
export type UsageReport = {
  /** ISO 8601; `to` is not in it. Whole hours in UTC. */
  readonly from: string
  readonly to: string
  readonly by: readonly UsageDimension[]
  readonly rows: readonly UsageRow[]
  /** Of all rows, also of those that are left out. */
  readonly total: UsageSums & UsageTimes
  /** Whether there are more rows than a report holds: the dearest are in it. */
  readonly truncated: boolean
  /** Whether a ledger has so many sums of that time that their times were not read: quantiles then lack them. */
  readonly untimed: boolean
  /** Completions of which no record could be written: the sums lack them. */
  readonly unbooked: number
  /** Projects whose ledger did not answer: the sums lack them. */
  readonly unavailable: readonly string[]
}

/** One completion, as `GET /admin/requests` tells it. */
export type UsageRequest = {
  readonly id: string
  readonly requestId: string
  /** When it came, ISO 8601. */
  readonly at: string
  readonly project: string
  readonly key: string
  readonly keyName?: string
  readonly surface: Surface
  readonly stream: boolean
  readonly askedModel: string | null
  /** The ref that answered, or the last one that was asked. */
  readonly model: string | null
  readonly provider: string | null
  readonly end: CompletionEnd
  readonly errorCode: string | null
  readonly attempts: number
  /** `target: reason` of each attempt that failed. */
  readonly failedAttempts: readonly { readonly target: string; readonly reason: string }[]
  readonly firstTokenMs: number | null
  readonly durationMs: number
  readonly usage: TokenUsage | null
  readonly estimated: boolean
  /** With what the unused answers cost. */
  readonly costNanoUsd: number | null
  /** Calls that were paid for though their answers were not used. */
  readonly unused?: readonly UnusedCall[]
  readonly upstreamRequestId: string | null
  readonly configVersion: string
  readonly user: string | null
  /** The fault that was planted by `x-hugway-rehearse`, where one was. */
  readonly rehearsed?: string
}

/** `GET /admin/requests?project&key&model&end&limit&before`: the latest first. */
export type UsageRequestPage = {
  readonly requests: readonly UsageRequest[]
  /** What to send as `before` for the next page; `null` at the end. */
  readonly next: string | null
  readonly unavailable: readonly string[]
}

/** How a budget stands. Money in nanodollars. */
export type BudgetReport = BudgetRule & {
  readonly spentNanoUsd: number
  /** Held by requests under way, and what died with an isolate. */
  readonly heldNanoUsd: number
  readonly remainingNanoUsd: number
  /** ISO 8601; `null` where it never resets. */
  readonly resetsAt: string | null
}

/** A project, as `GET /admin/projects` and `GET /admin/projects/<id>` tell it. */
export type ProjectReport = {
  readonly id: string
  readonly name: string
  readonly budget: BudgetReport | null
  readonly limits: LimitRules
  /** `null`: every model. */
  readonly models: readonly string[] | null
  readonly billTo: string | null
  /** Keys that are active. */
  readonly keys: number
  /** Of the running month in UTC. */
  readonly month: UsageSums | null
  /** `false` while the project's ledger does not answer: `budget` and `month` are then `null`. */
  readonly ledger: boolean
}

/** `GET /admin/projects`. */
export type ProjectList = { readonly projects: readonly ProjectReport[] }
