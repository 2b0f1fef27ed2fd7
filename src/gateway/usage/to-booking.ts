import type { CompletionRecord, UnusedAnswer } from '../../core/completion-record.ts'
import type { Config } from '../../core/config/config.ts'
import type { Booking, ScopeBounds, UnusedCall } from '../../core/limits/exchange.ts'
import type { Draw } from '../../core/limits/lease-pool.ts'
import { NO_AMOUNTS } from '../../core/limits/ledger-rows.ts'
import type { LedgerDeps } from './ledger-deps.ts'

const MAX_USER_CHARACTERS = 200

/**
 * What the ledger keeps of a completion: the record of `settle.ts`, flat. No message of an upstream goes along, because it
 * may quote a prompt.
 *
 * @param admitted By which bounds, and what it drew; absent where it was refused.
 */
export function toBooking(
  record: CompletionRecord,
  user: string | null,
  admitted?: { readonly draw?: Draw; readonly bounds: readonly ScopeBounds[] },
): Booking {
  const { usage } = record
  return {
    id: record.id,
    startedAt: record.startedAt,
    keyId: record.caller.keyId,
    ...(admitted?.draw && { leaseId: admitted.draw.lease.id }),
    ...(admitted && { tokenRates: tokenRatesOf(admitted.bounds), budgets: budgetsOf(admitted.bounds) }),
    reserved: admitted?.draw?.amounts ?? NO_AMOUNTS,
    requestId: record.requestId,
    surface: record.surface,
    stream: record.stream,
    askedModel: record.askedModel ?? null,
    model: record.target ?? null,
    isUnlisted: record.isUnlisted,
    provider: record.provider ?? null,
    end: record.end,
    errorCode: record.errorCode ?? null,
    attempts: record.attempts,
    failedAttempts: JSON.stringify(
      record.failedAttempts.map(({ target, reason, skipped }) => ({ target, reason, skipped })),
    ),
    firstTokenMs: record.firstTokenMs ?? null,
    durationMs: record.durationMs,
    promptTokens: usage?.promptTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    cachedTokens: usage?.cachedTokens ?? 0,
    reasoningTokens: usage?.reasoningTokens ?? 0,
    hasUsage: usage !== undefined,
    isEstimated: [record, ...(record.unusedAnswers ?? [])].some(({ isEstimated }) => isEstimated === true),
    costNanoUsd: record.costNanoUsd ?? null,
    upstreamRequestId: record.upstreamRequestId ?? null,
    configVersion: record.configVersion,
    shape: record.shape,
    repaired: record.repaired,
    user,
    ...(record.rehearsed !== undefined && { rehearsed: record.rehearsed }),
    ...(record.unusedAnswers && { unused: record.unusedAnswers.map(toUnusedCall) }),
  }
}

/** What is kept of a request's `user`, by the configuration: nothing, a hash, or the name as it stands. */
export function userToKeep(
  { hashUser }: Pick<LedgerDeps, 'hashUser'>,
  user: string | undefined,
  { usage: { byUser } }: Config,
): string | null | Promise<string> {
  if (user === undefined || byUser === 'off') return null
  const kept = user.slice(0, MAX_USER_CHARACTERS)
  return byUser === 'hash' ? hashUser(kept) : kept
}

const toUnusedCall = ({ target, provider, usage, costNanoUsd }: UnusedAnswer): UnusedCall => ({
  model: target,
  provider: provider ?? null,
  promptTokens: usage?.promptTokens ?? 0,
  completionTokens: usage?.completionTokens ?? 0,
  costNanoUsd: costNanoUsd ?? null,
})

function tokenRatesOf(bounds: readonly ScopeBounds[]): NonNullable<Booking['tokenRates']> {
  return bounds.flatMap(({ scope, limits }) =>
    limits?.tokensPerMinute === undefined ? [] : [{ scope, perMinute: limits.tokensPerMinute }],
  )
}

function budgetsOf(bounds: readonly ScopeBounds[]): NonNullable<Booking['budgets']> {
  return bounds.flatMap(({ scope, budget }) => (budget ? [{ scope, per: budget.per }] : []))
}
