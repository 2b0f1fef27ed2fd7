import { TIMED_OUT, within } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import { followSignal } from '../core/follow-signal.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import type { HedgeShare } from '../isolate/hedge-share.ts'
import {
  type AttemptJournal,
  type ChainContext,
  type ChainDeps,
  type ChainRequest,
  tryTargets,
  type Winner,
} from './try-targets.ts'

export type HedgeDeps = ChainDeps & { readonly hedgeShare: HedgeShare }

export type HedgeJournal = AttemptJournal & {
  /** The target that was asked beside the one that answered, and was cancelled. */
  hedged?: string
}

type Came = { readonly winner: Winner } | { readonly error: unknown }

/**
 * As {@link tryTargets}, but when the first target has not begun to answer in time, the others are tried beside it. Whoever
 * begins first answers, and the other call ends at once.
 *
 * @throws {GatewayError} As {@link tryTargets}.
 */
export async function tryHedged(
  deps: HedgeDeps,
  request: ChainRequest,
  journal: HedgeJournal,
  ctx: ChainContext,
): Promise<Winner> {
  const [first, ...others] = request.targets
  const { hedge } = request
  if (!hedge || !first || others.length === 0 || deps.breakers.stateOf(first, ctx.caller.keyId) !== 'closed') {
    return tryTargets(deps, request, journal, ctx)
  }
  deps.hedgeShare.count()
  const one = startLeg(deps, { ...request, targets: [first], targetsBehind: others.length }, journal, ctx)
  const rest = { ...request, targets: others }
  const early = await within(one.came, hedge.afterMs, deps.clock)
  const isAlone = early !== TIMED_OUT || !deps.hedgeShare.take(hedge.maxShare)
  if (isAlone) {
    const came = early === TIMED_OUT ? await one.came : early
    if ('winner' in came) return noted(journal, came.winner)
    if (isFinal(came.error)) throw came.error
    return tryTargets(deps, rest, journal, ctx)
  }
  const two = startLeg(deps, rest, journal, ctx)
  const winner = await firstOf(one, two, journal)
  const loser = winner.target === first ? two : one
  journal.hedged = formatModelRef(loser.target() ?? first)
  return noted(journal, winner)
}

/** Notes who answers: of two that have begun in the same moment both say that they do. */
function noted(journal: AttemptJournal, winner: Winner): Winner {
  journal.target = winner.target
  journal.provider = winner.answer.provider
  journal.upstreamRequestId = winner.answer.upstreamRequestId
  return { ...winner, attempts: journal.calls }
}

type Leg = {
  readonly came: Promise<Came>
  readonly cancel: () => void
  /** The target that it asked last. */
  readonly target: () => ModelRef | undefined
}

function startLeg(deps: ChainDeps, request: ChainRequest, journal: AttemptJournal, ctx: ChainContext): Leg {
  const { controller: end } = followSignal(ctx.signal) // an answer that was begun ends by it as well
  const own = journalOfLeg(journal, () => end.signal.aborted && !ctx.signal.aborted)
  const came = tryTargets(deps, request, own, { ...ctx, signal: end.signal }).then(
    (winner) => ({ winner }),
    (error: unknown) => ({ error }),
  )
  return { came, cancel: () => end.abort(), target: () => own.target }
}

/** Calls, targets and failures are the request's. That a leg was cancelled is no failure of its target. */
function journalOfLeg(journal: AttemptJournal, isCancelled: () => boolean): AttemptJournal {
  let asked: ModelRef | undefined
  return {
    get calls() {
      return journal.calls
    },
    set calls(calls) {
      journal.calls = calls
    },
    get failedAttempts() {
      return isCancelled() ? [] : journal.failedAttempts
    },
    get unusedAnswers() {
      return isCancelled() ? [] : journal.unusedAnswers
    },
    get target() {
      return asked
    },
    set target(target) {
      asked = target
      journal.target = target
    },
  }
}

/** The first that answers; the other is cancelled. Where one fails, the other is waited for, unless the request is to blame. */
async function firstOf(one: Leg, two: Leg, { unusedAnswers }: HedgeJournal): Promise<Winner> {
  const numbered = [one, two].map((leg) => leg.came.then((came) => ({ came, other: leg === one ? two : one })))
  const { came, other } = await Promise.race(numbered)
  if ('winner' in came || isFinal(came.error)) {
    other.cancel()
    const target = other.target()
    // It has read the prompt, as far as anybody knows.
    if (target) unusedAnswers.push({ target: formatModelRef(target), textLength: 0 })
    // It may have won in the same moment: its answer is let go as well.
    other.came.then((late) => 'winner' in late && late.winner.cancel())
  }
  if ('winner' in came) return came.winner
  if (isFinal(came.error)) throw came.error
  const last = await other.came
  if ('winner' in last) return last.winner
  throw mergeFailures(came.error, last.error)
}

/** Nobody else is asked after these. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return true
  return !['all_attempts_failed', 'context_overflow'].includes(error.failure.kind)
}

/** What both legs met, in one failure. */
function mergeFailures(one: unknown, two: unknown): unknown {
  if (!(one instanceof GatewayError) || !(two instanceof GatewayError)) return two
  const [a, b] = [one.failure, two.failure]
  if (a.kind !== 'all_attempts_failed' || b.kind !== 'all_attempts_failed') return two
  return new GatewayError({ ...b, attempts: [...a.attempts, ...b.attempts] }, { cause: one })
}
