import type { Failure } from '../../core/failure.ts'
import type { Caller } from '../../core/identity/caller.ts'
import { type CallerBounds, ownerOf } from '../../core/limits/bounds-of.ts'
import type { Amounts, Refusal, Scope } from '../../core/limits/exchange.ts'

/** What others hold comes back when their requests have ended; nobody knows when, so this is a guess. */
const HELD_RETRY_MS = 5_000

/** What a client is told when a bound refuses its request: whose bound, which, and when to come back. */
export function toRefusal(
  { scope, why }: { readonly scope: Scope; readonly why: Refusal },
  { project, bounds }: CallerBounds,
  need: Amounts,
  caller: Caller,
): Failure {
  const owner = ownerOf(scope, project, caller)
  switch (why.kind) {
    case 'exhausted': {
      const budget = (scope === 'project' ? project.budget : caller.scopes.budget) ?? { usd: 0, per: 'total' }
      const resets = why.resetsAt === undefined ? {} : { resetsAt: why.resetsAt }
      return { kind: 'quota_exceeded', owner, limitUsd: budget.usd, per: budget.per, ...resets }
    }
    case 'held':
      return { kind: 'rate_limited', owner, what: 'held', retryAfterMs: HELD_RETRY_MS }
    case 'rate': {
      const { requestsPerMinute, tokensPerMinute } = bounds.find((one) => one.scope === scope)?.limits ?? {}
      const perMinute = { requests: requestsPerMinute, tokens: tokensPerMinute, concurrent: undefined }[why.what]
      return { kind: 'rate_limited', owner, what: why.what, perMinute, retryAfterMs: why.waitMs }
    }
    case 'never':
      return { kind: 'request_over_limit', owner, tokens: need.tokens, limit: why.limit }
  }
}
