import { answerStreamed } from './answer-streamed.ts'
import {
  type Asked,
  type Book,
  bookFailure,
  type CompleteDeps,
  type Completion,
  type CompletionRequest,
  headersOf,
} from './completion.ts'
import { type CompletionDraft, openDraft, toRecord } from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import { billTo, costHeader, costRecord } from './cost-record.ts'
import { requestDeps } from './request-deps.ts'
import { settle } from './settle.ts'
import { refreshTrust } from './share-trust.ts'
import { tryTargets, type Winner } from './try-targets.ts'
import { understand } from './understand.ts'

/**
 * Answers a completion from the first target that answers: the one verb of all surfaces. Fallback ends at the commit
 * point: once something of substance was sent, the answer is that target's, and a fault ends it with an error event.
 * Whichever way it ends, one record is written. Never throws.
 */
export async function complete(
  deps: CompleteDeps,
  request: CompletionRequest,
  ctx: CallerContext,
): Promise<Completion> {
  const draft = openDraft(request.wire.name)
  const book: Book = (ending, more = {}) => {
    const ended = toRecord(draft, ending, ctx, deps.newId(), deps.clock.now())
    const settlement = { ...costRecord(deps, ended, draft, ctx), session: draft.session, ...more }
    settle(deps, settlement, ctx.waitUntil)
    return settlement.record
  }
  refreshTrust(deps, ctx)
  try {
    const shared = requestDeps(deps, draft, ctx)
    const [asked, chain] = await understand(shared, request, ctx, draft)
    const own = billTo(shared, draft.admission?.billTo)
    const letGo = () => request.body.letGo()
    if (chain.stream) return await answerStreamed({ deps: own, asked, ctx, draft, book }, chain, letGo)
    const winner = await tryTargets(own, chain, draft, ctx)
    letGo()
    return answerWhole(asked, winner, draft, book)
  } catch (error) {
    request.body.letGo()
    bookFailure(book, error)
    return { kind: 'failed', error }
  }
}

function answerWhole(
  { encoder, headers }: Asked,
  { target, answer, attempts }: Winner,
  draft: CompletionDraft,
  book: Book,
): Completion {
  if (answer.kind !== 'whole') throw new Error('a stream came where none was asked for')
  const { fields, text, usage, textLength } = answer.answer
  draft.answerLength = textLength
  const written = encoder.whole(fields, text)
  const record = book({ end: 'whole', usage }, { lastAttempt: { target, end: { kind: 'success' } } })
  return {
    kind: 'whole',
    text: written,
    headers: { ...headersOf(target, answer.provider, attempts), ...headers, ...costHeader(record) },
  }
}
