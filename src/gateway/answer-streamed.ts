import { TIMED_OUT, within } from '../core/clock.ts'
import { followSignal } from '../core/follow-signal.ts'
import { formatModelRef } from '../core/routing/model-ref.ts'
import { type ClientStream, type ConnectionEnd, openClientStream } from '../stream/client-stream.ts'
import { waitWithHeartbeats } from '../stream/heartbeat.ts'
import { type RelayRequest, type RelayResult, relay } from '../stream/relay.ts'
import { toStreamChunk } from '../wire/chat/answer.ts'
import { type Asked, type Book, bookFailure, type CompleteDeps, type Completion, headersOf } from './completion.ts'
import type { CompletionDraft, CompletionEnding } from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import { tryHedged } from './hedge.ts'
import type { ChainRequest, Winner } from './try-targets.ts'
import { timeoutsOf } from './understand.ts'

const utf8 = new TextEncoder()

export type Streamed = {
  readonly deps: CompleteDeps
  readonly asked: Asked
  readonly ctx: CallerContext
  readonly draft: CompletionDraft
  readonly book: Book
}

/**
 * Answers by a stream, which begins with heartbeats where nobody has answered in time.
 *
 * @throws {GatewayError} What the chain throws before the answer has to begin; later it is told in the stream.
 */
export async function answerStreamed(
  streamed: Streamed,
  request: ChainRequest,
  letGo: () => void,
): Promise<Completion> {
  const { deps, asked, ctx, draft } = streamed
  // The request's own signal misses a client that has only closed its side; a write that fails tells of that one.
  const { controller: leave, release } = followSignal(ctx.signal)
  const own = { ...streamed, ctx: { ...ctx, signal: leave.signal } }
  const chain = tryHedged(deps, request, draft, own.ctx).finally(letGo)
  const first = await within(chain, ctx.config.holdMs, deps.clock).catch((error: unknown) => {
    release()
    throw error
  })
  const { readable, done } = openClientStream(
    first === TIMED_OUT ? (client) => hold(own, chain, client) : (client) => handOn(own, first, client),
    () => leave.abort(),
    deps.clock,
  )
  ctx.waitUntil(done.finally(release))
  const headers = first === TIMED_OUT ? {} : headersOf(first.target, first.answer.provider, first.attempts)
  return { kind: 'stream', readable, headers: { ...headers, ...asked.headers } }
}

/** Sends signs of life while the targets are still being tried, then what came of it. @throws What writing throws. */
async function hold(streamed: Streamed, chain: Promise<Winner>, client: ClientStream): Promise<ConnectionEnd> {
  const { deps, asked, draft, book } = streamed
  draft.held = true
  const tried = chain.then(
    (winner) => ({ winner }),
    (error: unknown) => ({ error }),
  )
  let came: Awaited<typeof tried>
  try {
    came = await waitWithHeartbeats(tried, asked.encoder, client, deps.clock)
  } catch (cause) {
    book({ end: 'client_gone' })
    throw cause
  }
  if ('winner' in came) return handOn(streamed, came.winner, client)
  bookFailure(book, came.error)
  await client.write(utf8.encode(asked.encoder.fail(came.error)))
  return asked.afterError
}

/** Hands the answer on to its end, and books it. @throws What writing to the client throws. */
async function handOn(streamed: Streamed, winner: Winner, client: ClientStream): Promise<ConnectionEnd> {
  const { deps, asked, draft, book } = streamed
  const { answer, target } = winner
  draft.firstTokenAt = answer.kind === 'stream' ? answer.begun.firstTokenAt : deps.clock.now()
  if (answer.kind === 'whole') {
    const { fields, usage, textLength } = answer.answer
    draft.answerLength = textLength
    let end: CompletionEnding['end'] = 'client_gone'
    try {
      await client.write(utf8.encode(asked.encoder.chunk(toStreamChunk(fields)) + asked.encoder.end()))
      end = 'whole'
    } finally {
      book({ end, usage }, { lastAttempt: { target, end: { kind: 'success' } } })
    }
    return 'close'
  }
  const { hasTools, hidesUsage } = asked
  const source = { target: formatModelRef(target), provider: answer.provider, hasTools, hidesUsage }
  const relayed = await relayTo(streamed, winner, answer.begun, source, client)
  const isWhole = relayed.end === 'whole'
  draft.repaired = !relayed.isClean
  draft.answerLength = relayed.textLength
  book(
    { end: relayed.end, usage: relayed.usage },
    { lastAttempt: { target, end: relayed.verdict }, ...(isWhole && { stream: { source, seen: relayed } }) },
  )
  if (isWhole) return 'close'
  return relayed.end === 'client_gone' ? 'abort' : asked.afterError // no last words were said: no clean end either
}

function relayTo(
  { deps, asked, ctx }: Streamed,
  { target, cancel }: Winner,
  begun: RelayRequest['begun'],
  source: Parameters<CompleteDeps['trust']['parsedReads']>[0],
  client: ClientStream,
): Promise<RelayResult> {
  const { choiceCount, deadlineAt } = asked
  const { idleMs } = timeoutsOf(ctx.config, target)
  const mayPassThrough = asked.mayPassThrough && choiceCount === 1
  const parsedReads = mayPassThrough ? deps.trust.parsedReads(source) : Number.POSITIVE_INFINITY
  return relay(
    {
      begun,
      encoder: asked.encoder,
      cancel,
      target: source.target,
      idleMs,
      deadlineAt,
      signal: ctx.signal,
      parsedReads,
      hidesBareChunks: asked.hidesUsage,
      collectMs: ctx.config.collectMs,
    },
    client,
    deps,
  )
}
