import type { Clock } from '../core/clock.ts'
import type { Timeouts } from '../core/config/config.ts'
import { type Failure, GatewayError } from '../core/failure.ts'
import { backoffMs } from '../core/routing/backoff.ts'
import { decideNext, isTargetsFault, type Next } from '../core/routing/fallback.ts'
import { formatModelRef, type ModelRef, toRouterModel } from '../core/routing/model-ref.ts'
import { type AttemptReport, type Failed, isPassing, reasonOf } from '../core/routing/outcome.ts'
import type { RouterClient } from '../huggingface/router-client.ts'
import type { CircuitBreakers } from '../isolate/circuit-breakers.ts'
import { type Answer, attemptChat } from '../stream/attempt.ts'

export type ChainDeps = {
  readonly router: RouterClient
  readonly breakers: CircuitBreakers
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Makes ids for tool calls that came without one. */
  readonly newId: () => string
}

export type ChainOrder = {
  readonly targets: readonly ModelRef[]
  readonly bodyFor: (routerModel: string) => Uint8Array
  readonly stream: boolean
  readonly timeoutsOf: (target: ModelRef) => Timeouts
  /** Tokens that each target's context holds, where the catalog knows. Asked for only when one was too small. */
  readonly contextLengths: () => Promise<(target: ModelRef) => number | undefined>
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
}

/** The target that answers, and how many attempts it took to find it. */
export type Won = {
  readonly target: ModelRef
  readonly answer: Answer
  /** Ends the upstream call. */
  readonly cancel: () => void
  readonly attempts: number
}

/**
 * Tries the targets in order until one begins to answer.
 *
 * @param gone Aborted when the client has left: the attempt under way ends and no other begins.
 * @throws {GatewayError} `upstream_refused` when a target blames the request; `context_overflow` when it is too long
 *   and no other target holds more; `all_attempts_failed`; `client_gone`.
 */
export async function tryTargets(deps: ChainDeps, order: ChainOrder, gone: AbortSignal): Promise<Won> {
  const reports: AttemptReport[] = []
  let remaining = order.targets
  let attempts = 0
  for (let choice = deps.breakers.choose(remaining); choice; choice = deps.breakers.choose(remaining)) {
    const { target, isLastResort } = choice
    const others = remaining.filter((other) => other !== target)
    if (isLastResort) reports.push(...skipped(others, deps.breakers))
    remaining = isLastResort ? [] : others
    const tried = await tryTarget(deps, order, target, remaining.length, gone)
    attempts += tried.attempts
    if ('answer' in tried) return { target, answer: tried.answer, cancel: tried.cancel, attempts }
    const { outcome, next } = tried
    reports.push(toReport(target, outcome))
    if (next.do === 'try_larger') remaining = await largerThan(target, remaining, order)
    if (next.do !== 'stop') continue
    stop(next.because, outcome)
    break
  }
  throw new GatewayError(summarize(reports))
}

type Tried = { readonly attempts: number } & (
  | { readonly answer: Answer; readonly cancel: () => void }
  | { readonly outcome: Failed; readonly next: Exclude<Next, { do: 'commit' | 'retry' }> }
)

/** One target, with the retries that may help it. */
async function tryTarget(
  deps: ChainDeps,
  order: ChainOrder,
  target: ModelRef,
  targetsLeft: number,
  gone: AbortSignal,
): Promise<Tried> {
  const { breakers, clock } = deps
  const body = order.bodyFor(toRouterModel(target))
  const timeouts = order.timeoutsOf(target)
  for (let retriesDone = 0; ; retriesDone++) {
    const budgetLeftMs = order.deadlineAt - clock.now()
    const attempt = await attemptChat(deps, { body, stream: order.stream, timeouts, budgetLeftMs }, gone)
    const attempts = retriesDone + 1
    if ('answer' in attempt) {
      // A stream has only begun: whether its target is well shows at its end.
      if (attempt.answer.kind === 'whole') breakers.succeeded(target)
      return { answer: attempt.answer, cancel: attempt.cancel, attempts }
    }
    const { outcome } = attempt
    if (isTargetsFault(outcome)) breakers.failed(target, reasonOf(outcome))
    else if (outcome.kind === 'status') breakers.succeeded(target) // it blames the request, so it is alive
    const next = decideNext(outcome, { targetsLeft, retriesDone, budgetLeftMs: order.deadlineAt - clock.now() })
    if (next.do === 'commit') throw new Error('an attempt without an answer cannot be committed to')
    if (next.do !== 'retry') return { outcome, next, attempts }
    // Jitter on top of what the target asked for: others were told the same.
    await pause((next.afterMs ?? 0) + backoffMs(retriesDone, deps.random()), gone, clock)
    if (gone.aborted)
      return { outcome: { kind: 'client_gone' }, next: { do: 'stop', because: 'client_gone' }, attempts }
  }
}

/** Waits; a client that leaves ends the wait. */
async function pause(ms: number, gone: AbortSignal, clock: Clock): Promise<void> {
  if (gone.aborted) return
  const left = new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([clock.wait(ms), left])
}

/** @throws {GatewayError} Where the chain's end is not for want of a target that answers. */
function stop(because: Extract<Next, { do: 'stop' }>['because'], outcome: Failed): void {
  if (because === 'client_gone') throw new GatewayError({ kind: 'client_gone' })
  if (because === 'request_at_fault' && outcome.kind === 'status') {
    throw new GatewayError({ kind: 'upstream_refused', status: outcome.status, ...outcome.error })
  }
}

/** The targets left that hold more than the one that failed. */
async function largerThan(
  failed: ModelRef,
  remaining: readonly ModelRef[],
  order: ChainOrder,
): Promise<readonly ModelRef[]> {
  const lengthOf = remaining.length > 0 ? await order.contextLengths() : () => undefined
  return remaining.filter((target) => (lengthOf(target) ?? 0) > (lengthOf(failed) ?? 0))
}

/** What the client is told. That it wrote too much, only if no other target might have taken it a moment later. */
function summarize(attempts: readonly AttemptReport[]): Failure {
  const passing = attempts.filter(({ reason }) => isPassing(reason))
  const overflow = attempts.findLast(({ reason }) => reason === 'context_overflow')
  if (overflow && passing.length === 0) return { kind: 'context_overflow', message: overflow.message }
  // A time to come back at is one only if every target that may recover has named it.
  const waits = passing.flatMap(({ retryAfterMs }) => retryAfterMs ?? [])
  const named = waits.length > 0 && waits.length === passing.length
  return { kind: 'all_attempts_failed', attempts, ...(named && { retryAfterMs: Math.min(...waits) }) }
}

function skipped(targets: readonly ModelRef[], breakers: CircuitBreakers): AttemptReport[] {
  return targets.map((target) => ({
    target: formatModelRef(target),
    reason: 'overloaded',
    message: `skipped, its breaker is open: ${breakers.lastReason(target) ?? 'it failed repeatedly'}`,
  }))
}

function toReport(target: ModelRef, outcome: Failed): AttemptReport {
  const report = { target: formatModelRef(target), reason: reasonOf(outcome), message: messageOf(outcome) }
  if (outcome.kind !== 'status') return report
  const { status, retryAfterMs } = outcome
  return { ...report, status, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

function messageOf(outcome: Failed): string {
  switch (outcome.kind) {
    case 'status':
    case 'error_event':
      return outcome.error.message
    case 'network':
      return outcome.beforeHeaders ? 'the connection failed before an answer came' : 'the connection broke'
    case 'timeout':
      return `no ${outcome.phase === 'headers' ? 'headers' : 'answer'} in time`
    case 'bad_answer':
      return outcome.detail
    case 'client_gone':
      return 'the client left'
  }
}
