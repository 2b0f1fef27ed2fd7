import { buildCatalog, positive } from '../core/catalog/catalog.ts'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { TokenUsage } from '../core/completion-record.ts'
import type { Config, Timeouts } from '../core/config/config.ts'
import { GatewayError } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import { isTargetsFault } from '../core/routing/fallback.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import { createRouterBody } from '../huggingface/request-body.ts'
import type { StreamTrust } from '../isolate/stream-trust.ts'
import { type ClientStream, createClientStream } from '../stream/client-stream.ts'
import { type RelayRequest, relay } from '../stream/relay.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import { toStreamChunk } from '../wire/chat/answer.ts'
import { readUsage } from '../wire/chat/chunk.ts'
import type { ChatRequest } from '../wire/chat/request.ts'
import type { CatalogDeps } from './catalog/refresh-catalog.ts'
import { type ChainDeps, type ChainOrder, tryTargets, type Won } from './try-targets.ts'

export type CompleteDeps = ChainDeps & {
  readonly catalog: { readonly store: Pick<CatalogDeps['store'], 'remembered' | 'read'> }
  readonly trust: StreamTrust
  readonly log: Log
  /** Keeps the work alive after the response has been returned. */
  readonly later: (work: Promise<unknown>) => void
}

export type ChatOrder = {
  readonly request: ChatRequest
  /** How the client's surface writes an answer. */
  readonly encoder: AnswerEncoder
  /** At least one, in the order in which they are tried. */
  readonly targets: readonly ModelRef[]
  readonly config: Config
  readonly requestId: string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}

/** Milliseconds between two heartbeats before the first token. */
const HEARTBEAT_MS = 1_000
/** Milliseconds in which the last event of a broken answer reaches the socket. */
const FLUSH_MS = 50
/** A client that reads nothing does not hold the end of its stream up for longer than this. */
const CLOSE_LIMIT_MS = 5_000

/**
 * Answers a chat completion from the first target that answers. Fallback ends at the commit point: once something of
 * substance was sent, the answer is that target's, and a fault ends it with an error event.
 *
 * @param gone Aborted when the client has left.
 * @throws {GatewayError} See {@link tryTargets}; on a stream that is already being held, as an event in it.
 */
export async function completeChat(deps: CompleteDeps, order: ChatOrder, gone: AbortSignal): Promise<Response> {
  if (!order.request.stream) return wholeResponse(deps, order, await tryTargets(deps, chainOf(deps, order), gone))
  // The request's own signal misses a client that has only closed its side; a write that fails tells of that one.
  const leave = new AbortController()
  if (gone.aborted) leave.abort()
  gone.addEventListener('abort', () => leave.abort(), { once: true })
  const chain = tryTargets(deps, chainOf(deps, order), leave.signal)
  const first = await within(chain, order.config.holdMs, deps.clock)
  if (first === TIMED_OUT)
    return streamResponse({}, deps, leave, (client) => hold(deps, order, chain, client, leave.signal))
  return streamResponse(headersOf(first), deps, leave, (client) => send(deps, order, first, client, leave.signal))
}

function chainOf(deps: CompleteDeps, order: ChatOrder): ChainOrder {
  const { request, targets, config } = order
  return {
    targets,
    bodyFor: createRouterBody(request),
    stream: request.stream,
    timeoutsOf: (target) => timeoutsOf(config, target),
    deadlineAt: deadlineOf(order),
    contextLengths: async () => {
      const { store } = deps.catalog
      const stored = store.remembered() ?? (await store.read())
      const catalog = buildCatalog(stored?.models, config)
      return (target) => positive(catalog.rowOf(target)?.['context_length'])
    },
  }
}

function timeoutsOf(config: Config, target: ModelRef): Timeouts {
  return config.models.get(formatModelRef(target))?.timeouts ?? config.timeouts
}

/** The whole request has as long as the most patient of its targets. */
function deadlineOf({ config, targets, startedAt }: ChatOrder): number {
  return startedAt + Math.max(...targets.map((target) => timeoutsOf(config, target).totalMs))
}

/** Sends signs of life while the targets are still being tried, then what came of it. */
async function hold(
  deps: CompleteDeps,
  order: ChatOrder,
  chain: Promise<Won>,
  client: ClientStream,
  gone: AbortSignal,
): Promise<Ending> {
  for (;;) {
    await write(client, order.encoder.heartbeat())
    const won = await within(chain, HEARTBEAT_MS, deps.clock).catch((error: unknown) => ({ error }))
    if (won === TIMED_OUT) continue
    if (!('error' in won)) return send(deps, order, won, client, gone)
    deps.log('chat_failed', { requestId: order.requestId, failure: toLogged(won.error) })
    await write(client, order.encoder.fail(won.error))
    return 'cut'
  }
}

async function write(client: ClientStream, text: string): Promise<void> {
  if (text !== '') await client.write(new TextEncoder().encode(text))
}

/** How the connection ends: a whole answer closes it, a broken one breaks it off. */
type Ending = 'close' | 'cut'

/** Makes a response of what `answer` writes; the runtime pumps it. */
function streamResponse(
  headers: Record<string, string>,
  deps: CompleteDeps,
  leave: AbortController,
  answer: (client: ClientStream) => Promise<Ending>,
): Response {
  const { readable, writable } = new IdentityTransformStream()
  const client = createClientStream(writable)
  const run = async () => {
    try {
      const ending = await answer(client)
      if (ending === 'cut') return await cut(client, deps.clock)
      const closed = await within(client.close(), CLOSE_LIMIT_MS, deps.clock)
      if (closed === TIMED_OUT) await client.abort()
    } catch {
      leave.abort() // only writing to the client throws: it has left, and what is done for it ends
    }
  }
  deps.later(run())
  return new Response(readable, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...headers },
  })
}

/**
 * Breaks the connection off after the error event: the AI SDK raises on nothing less when its user reads text alone.
 * The pause lets the event out first; without it the break overtakes it, and only "terminated" reaches the client.
 */
async function cut(client: ClientStream, clock: Clock): Promise<void> {
  await clock.wait(FLUSH_MS)
  await client.abort(new Error('the answer is incomplete'))
}

async function send(
  deps: CompleteDeps,
  order: ChatOrder,
  won: Won,
  client: ClientStream,
  gone: AbortSignal,
): Promise<Ending> {
  const { answer, target, cancel } = won
  if (answer.kind === 'whole') {
    const { encoder } = order
    await write(client, encoder.chunk(toStreamChunk(answer.answer.fields)) + encoder.end())
    logEnd(deps, order, won, 'whole', readUsage(answer.answer.fields['usage']))
    return 'close'
  }
  const { hasTools, choiceCount } = order.request
  const source = { target: formatModelRef(target), provider: answer.provider, hasTools }
  const job: RelayRequest = {
    begun: answer.begun,
    cancel,
    target: source.target,
    idleMs: timeoutsOf(order.config, target).idleMs,
    deadlineAt: deadlineOf(order),
    gone,
    choiceCount,
    encoder: order.encoder,
    parsedReads: choiceCount === 1 ? deps.trust.parsedReads(source) : Number.POSITIVE_INFINITY,
  }
  const { end, usage, isClean, error, mustBreak } = await relay(job, client, deps)
  if (end === 'whole') {
    deps.trust.record(source, isClean)
    deps.breakers.succeeded(target)
  } else if (end !== 'client_gone' && (!error || isTargetsFault({ kind: 'error_event', error }))) {
    deps.breakers.failed(target, end)
  }
  logEnd(deps, order, won, end, usage)
  return end === 'whole' && !mustBreak ? 'close' : 'cut'
}

function wholeResponse(deps: CompleteDeps, order: ChatOrder, won: Won): Response {
  if (won.answer.kind !== 'whole') throw new Error('a stream came where none was asked for')
  const { answer } = won.answer
  logEnd(deps, order, won, 'whole', readUsage(answer.fields['usage']))
  return new Response(order.encoder.whole(answer.fields, answer.text), {
    headers: { 'content-type': 'application/json', ...headersOf(won) },
  })
}

/** What the answer tells of its making. A held stream has begun before any of this is known. */
function headersOf({ target, attempts, answer }: Won): Record<string, string> {
  const provider =
    answer.provider && /^[\w.-]{1,64}$/.test(answer.provider) ? { 'x-hugway-provider': answer.provider } : {}
  return { 'x-hugway-target': formatModelRef(target), 'x-hugway-attempts': String(attempts), ...provider }
}

function logEnd(deps: CompleteDeps, order: ChatOrder, won: Won, end: string, usage: TokenUsage | undefined): void {
  deps.log('chat', {
    requestId: order.requestId,
    target: formatModelRef(won.target),
    provider: won.answer.provider,
    attempts: won.attempts,
    stream: order.request.stream,
    end,
    durationMs: deps.clock.now() - order.startedAt,
    ...usage,
  })
}

/** A failure in words for the log; of a bug more is known there than the client is told. */
export function toLogged(error: unknown): unknown {
  return error instanceof GatewayError
    ? error.failure
    : { kind: 'bug', error: error instanceof Error ? error.stack : String(error) }
}
