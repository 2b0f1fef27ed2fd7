import { pause } from '../core/clock.ts'
import type { UnusedAnswer } from '../core/completion-record.ts'
import type { Timeouts } from '../core/config/config.ts'
import { GatewayError } from '../core/failure.ts'
import { backoffMs } from '../core/routing/backoff.ts'
import { endOfAttempt } from '../core/routing/breaker.ts'
import { failedAlike, summarizeAttempts } from '../core/routing/chain-failure.ts'
import { decideNext, type Next } from '../core/routing/fallback.ts'
import type { Hedge } from '../core/routing/hedge.ts'
import { formatModelRef, type ModelRef, toRouterModel } from '../core/routing/model-ref.ts'
import {
  type AttemptReport,
  CLIENT_GONE,
  type Failed,
  mayHaveGenerated,
  mayHaveWorkedUnseen,
  refusalStatusOf,
  toReport,
} from '../core/routing/outcome.ts'
import { limitTimes } from '../core/routing/time-limits.ts'
import type { CircuitBreakers, Receipt } from '../isolate/circuit-breakers.ts'
import { type Answer, type Attempt, type AttemptDeps, attemptChat } from '../stream/attempt.ts'
import type { CallerContext } from './context.ts'

export type ChainDeps = AttemptDeps & {
  readonly breakers: CircuitBreakers
  /** A number in [0, 1). */
  readonly random: () => number
}

export type ChainRequest = {
  readonly targets: readonly ModelRef[]
  readonly bodyFor: (routerModel: string) => Uint8Array
  readonly stream: boolean
  /** How many answers are asked for at once. */
  readonly choiceCount: number
  readonly timeoutsOf: (target: ModelRef) => Timeouts
  /** Tokens that each target's context holds, where the catalog knows. Asked for only when one was too small. */
  readonly contextLengths: () => Promise<(target: ModelRef) => number | undefined>
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
  /** Upstream calls that the request may make in all, retries included. */
  readonly maxCalls: number
  /**
   * Sets money aside for one call more, since the one before has cost something; `false` where the budget affords none.
   * Absent where no money is bound.
   */
  readonly coverAnother?: (() => Promise<boolean>) | undefined
  /** Read by `hedge.ts` alone. */
  readonly hedge?: Hedge | undefined
  /** Targets that somebody else tries when these fail: they count as left. */
  readonly targetsBehind?: number
}

/** What is kept of the calls that a request makes, as they happen. */
export type AttemptJournal = {
  /** Upstream calls that were begun. */
  calls: number
  readonly failedAttempts: AttemptReport[]
  /** Answers that are paid for and go to nobody. */
  readonly unusedAnswers: UnusedAnswer[]
  /** The target that was asked last. */
  target?: ModelRef | undefined
  /** Who answers behind the router, once somebody does. */
  provider?: string | undefined
  /** The router's own id of the request that is answered. */
  upstreamRequestId?: string | undefined
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
  const { breakers } = deps
  const callerId = ctx.caller.keyId
  const chain: Chain = { request, journal, ctx, callerId, receipts: [], generations: 0 }
  const reports: AttemptReport[] = []
  const asked: Failed[] = []
  let remaining = request.targets
  for (let choice = breakers.choose(remaining, callerId); choice; choice = breakers.choose(remaining, callerId)) {
    const { target, isLastResort } = choice
    const others = remaining.filter((other) => other !== target)
    if (isLastResort) {
      const passedOver = skipped(others, breakers)
      reports.push(...passedOver)
      journal.failedAttempts.push(...passedOver)
    }
    remaining = isLastResort ? [] : others
    const tried = await tryTarget(deps, chain, target, remaining.length + (request.targetsBehind ?? 0))
    if ('answer' in tried) {
      const { answer, cancel } = tried
      journal.provider = answer.provider
      journal.upstreamRequestId = answer.upstreamRequestId
      return { target, answer, cancel, attempts: journal.calls }
    }
    const { outcome, next } = tried
    reports.push(toReport(formatModelRef(target), outcome))
    asked.push(outcome)
    if (next.do === 'try_larger') remaining = await largerThan(target, remaining, request)
    if (next.do !== 'stop') continue
    stop(next.because, outcome)
    break
  }
  // It may be the request, the router or the token; no target stands out.
  if (failedAlike(asked)) breakers.takeBack(chain.receipts)
  throw new GatewayError(summarizeAttempts(reports))
}

/** One request on its way along its targets, and what is counted on the way. */
type Chain = {
  readonly request: ChainRequest
  readonly journal: AttemptJournal
  readonly ctx: ChainContext
  readonly callerId: string
  /** The failures that the breakers were told of. */
  readonly receipts: Receipt[]
  /** Attempts that may have generated an answer. */
  generations: number
}

type Tried =
  | { readonly answer: Answer; readonly cancel: () => void }
  | { readonly outcome: Failed; readonly next: Exclude<Next, { do: 'commit' | 'retry' }> }

/** One target, with the retries that may help it. */
async function tryTarget(deps: ChainDeps, chain: Chain, target: ModelRef, targetsLeft: number): Promise<Tried> {
  const { clock } = deps
  const { request, journal, ctx } = chain
  const { signal } = ctx
  const body = request.bodyFor(toRouterModel(target))
  for (let retriesDone = 0; ; retriesDone++) {
    // It may have left while its money, its configuration or a pause was waited for.
    if (signal.aborted) return { outcome: CLIENT_GONE, next: { do: 'stop', because: 'client_gone' } }
    const attempt = await callOnce(deps, chain, target, { body, targetsLeft })
    // Whether the target is well shows at the answer's end, which is not known here.
    if ('answer' in attempt) return attempt
    const { outcome } = attempt
    const decided = decideNext(outcome, {
      targetsLeft,
      retriesDone,
      budgetLeftMs: request.deadlineAt - clock.now(),
      callsLeft: request.maxCalls - journal.calls,
      generations: chain.generations,
    })
    const next = await afford(decided, attempt.hasCost, request)
    if (next.do === 'commit') throw new Error('an attempt without an answer cannot be committed to')
    if (next.do !== 'retry') return { outcome, next }
    // Jitter on top of what the target asked for: others were told the same.
    await pause((next.afterMs ?? 0) + backoffMs(retriesDone, deps.random()), signal, clock)
  }
}

/** A call that has cost something has used what was set aside for the request: another needs as much again. */
async function afford(next: Next, hasCost: boolean, { coverAnother }: ChainRequest): Promise<Next> {
  if (!hasCost || !coverAnother || next.do === 'stop' || next.do === 'commit') return next
  return (await coverAnother()) ? next : { do: 'stop', because: 'no_money_left' }
}

type Called =
  | Extract<Attempt, { answer: Answer }>
  /** `hasCost`: whether it is booked as one that cost something. */
  | { readonly outcome: Failed; readonly hasCost: boolean }

/** One upstream call; the breakers and the journal learn of a failure at once. */
async function callOnce(
  deps: ChainDeps,
  chain: Chain,
  target: ModelRef,
  { body, targetsLeft }: { readonly body: Uint8Array; readonly targetsLeft: number },
): Promise<Called> {
  const { breakers, clock } = deps
  const { request, journal, callerId } = chain
  const { stream, choiceCount } = request
  const startedAt = clock.now()
  const timeouts = request.timeoutsOf(target)
  const isSilent = breakers.isSilent(target)
  const limits = limitTimes({ stream, timeouts, isSilent, targetsLeft, budgetLeftMs: request.deadlineAt - startedAt })
  journal.calls++
  journal.target = target
  const attempt = await attemptChat(deps, { body, stream, choiceCount, limits }, chain.ctx.signal)
  if ('answer' in attempt) {
    breakers.begun(target)
    return attempt
  }
  const { outcome } = attempt
  const tookMs = clock.now() - startedAt
  if (mayHaveGenerated(outcome, tookMs)) chain.generations++
  const unused = attempt.unused ?? (mayHaveWorkedUnseen(outcome, stream, tookMs) ? NOTHING_SEEN : undefined)
  if (unused) journal.unusedAnswers.push({ target: formatModelRef(target), ...unused })
  journal.failedAttempts.push(toReport(formatModelRef(target), outcome))
  // Less time than that says nothing: the request was nearly out of it.
  const hadTime = limits.headersMs >= timeouts.headersMs
  const isSilence = stream && outcome.kind === 'timeout' && outcome.phase === 'headers' && hadTime
  const receipt = breakers.record(target, callerId, endOfAttempt(outcome, { stream, isSilence }))
  if (receipt) chain.receipts.push(receipt)
  return { outcome, hasCost: unused !== undefined }
}

const NOTHING_SEEN = { textLength: 0 }

/** @throws {GatewayError} Where the chain's end is not for want of a target that answers. */
function stop(because: Extract<Next, { do: 'stop' }>['because'], outcome: Failed): void {
  if (because === 'client_gone') throw new GatewayError({ kind: 'client_gone' })
  if (because === 'request_at_fault' && 'error' in outcome) {
    throw new GatewayError({ kind: 'upstream_refused', status: refusalStatusOf(outcome), ...outcome.error })
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

function skipped(targets: readonly ModelRef[], breakers: CircuitBreakers): AttemptReport[] {
  return targets.map((target) => ({
    target: formatModelRef(target),
    reason: 'overloaded',
    skipped: true,
    message: `skipped, its breaker is open: ${breakers.lastReason(target) ?? 'it failed repeatedly'}`,
  }))
}
