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
import type { CallerContext } from './context.ts'

export type ChainDeps = {
  readonly router: RouterClient
  readonly breakers: CircuitBreakers
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Makes ids for tool calls that came without one. */
  readonly newId: () => string
}

export type ChainRequest = {
  readonly targets: readonly ModelRef[]
  readonly bodyFor: (routerModel: string) => Uint8Array
  readonly stream: boolean
  readonly timeoutsOf: (target: ModelRef) => Timeouts
  /** Tokens that each target's context holds, where the catalog knows. Asked for only when one was too small. */
  readonly contextLengths: () => Promise<(target: ModelRef) => number | undefined>
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
}

/** What is kept of the calls that a request makes, as they happen. */
export type AttemptJournal = {
  /** Upstream calls that were begun. */
  calls: number
  readonly failedAttempts: AttemptReport[]
  /** The target that was asked last. */
  target?: ModelRef
  /** Who answers behind the router, once somebody does. */
  provider?: string | undefined
}

export type ChainContext = Pick<CallerContext, 'signal' | 'caller'>

/** The target that answers, and how many attempts it took to find it. */
export type Winner = {
  readonly target: ModelRef
  readonly answer: Answer
  /** Ends the upstream call. */
  readonly cancel: () => void
  readonly attempts: number
}

/**
 * Tries the targets in order until one begins to answer.
 *
 * @param journal Learns of each call and each failure as it happens, also where nobody answers in the end.
 * @param ctx Its signal ends the attempt under way, and no other begins.
 * @throws {GatewayError} `upstream_refused` when a target blames the request; `context_overflow` when it is too long
 *   and no other target holds more; `all_attempts_failed`; `client_gone`.
 */
export async function tryTargets(
  deps: ChainDeps,
  request: ChainRequest,
  journal: AttemptJournal,
  ctx: ChainContext,
): Promise<Winner> {
  const reports: AttemptReport[] = []
  let remaining = request.targets
  for (let choice = deps.breakers.choose(remaining); choice; choice = deps.breakers.choose(remaining)) {
    const { target, isLastResort } = choice
    const others = remaining.filter((other) => other !== target)
    if (isLastResort) {
      const passedOver = skipped(others, deps.breakers)
      reports.push(...passedOver)
      journal.failedAttempts.push(...passedOver)
    }
    remaining = isLastResort ? [] : others
    const tried = await tryTarget(deps, request, target, remaining.length, journal, ctx)
    if ('answer' in tried) {
      journal.provider = tried.answer.provider
      return { target, answer: tried.answer, cancel: tried.cancel, attempts: journal.calls }
    }
    const { outcome, next } = tried
    reports.push(toReport(target, outcome))
    if (next.do === 'try_larger') remaining = await largerThan(target, remaining, request)
    if (next.do !== 'stop') continue
    stop(next.because, outcome)
    break
  }
  throw new GatewayError(summarize(reports))
}

type Tried =
  | { readonly answer: Answer; readonly cancel: () => void }
  | { readonly outcome: Failed; readonly next: Exclude<Next, { do: 'commit' | 'retry' }> }

/** One target, with the retries that may help it. */
async function tryTarget(
  deps: ChainDeps,
  request: ChainRequest,
  target: ModelRef,
  targetsLeft: number,
  journal: AttemptJournal,
  { signal }: ChainContext,
): Promise<Tried> {
  const { breakers, clock } = deps
  const body = request.bodyFor(toRouterModel(target))
  const timeouts = request.timeoutsOf(target)
  for (let retriesDone = 0; ; retriesDone++) {
    journal.calls++
    journal.target = target
    const budgetLeftMs = request.deadlineAt - clock.now()
    const attempt = await attemptChat(deps, { body, stream: request.stream, timeouts, budgetLeftMs }, signal)
    // Whether the target is well shows at the answer's end, which is not known here.
    if ('answer' in attempt) return { answer: attempt.answer, cancel: attempt.cancel }
    const { outcome } = attempt
    journal.failedAttempts.push(toReport(target, outcome))
    if (isTargetsFault(outcome)) breakers.failed(target, reasonOf(outcome))
    else if (outcome.kind === 'status') breakers.succeeded(target) // it blames the request, so it is alive
    const next = decideNext(outcome, { targetsLeft, retriesDone, budgetLeftMs: request.deadlineAt - clock.now() })
    if (next.do === 'commit') throw new Error('an attempt without an answer cannot be committed to')
    if (next.do !== 'retry') return { outcome, next }
    // Jitter on top of what the target asked for: others were told the same.
    await pause((next.afterMs ?? 0) + backoffMs(retriesDone, deps.random()), signal, clock)
    if (signal.aborted) return { outcome: { kind: 'client_gone' }, next: { do: 'stop', because: 'client_gone' } }
  }
}

/** Waits; a client that leaves ends the wait. */
async function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  if (signal.aborted) return
  const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
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
  request: ChainRequest,
): Promise<readonly ModelRef[]> {
  const lengthOf = remaining.length > 0 ? await request.contextLengths() : () => undefined
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
