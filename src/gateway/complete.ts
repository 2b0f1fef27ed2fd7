import { positive } from '../core/catalog/catalog.ts'
import { TIMED_OUT, within } from '../core/clock.ts'
import type { CompletionRecord } from '../core/completion-record.ts'
import type { Config, Timeouts } from '../core/config/config.ts'
import { GatewayError } from '../core/failure.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import { type ClientStream, type ConnectionEnd, openClientStream } from '../stream/client-stream.ts'
import { waitWithHeartbeats } from '../stream/heartbeat.ts'
import { type RelayRequest, type RelayResult, relay } from '../stream/relay.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import { toStreamChunk } from '../wire/chat/answer.ts'
import { readUsage } from '../wire/chat/chunk.ts'
import type { ChatRequest } from '../wire/chat/request.ts'
import { userOf } from '../wire/chat/request-shape.ts'
import { droppedToolsHeader } from '../wire/dropped-tools.ts'
import type { SurfaceWire } from '../wire/surface.ts'
import { type AdmitDeps, admit, isBudgeted } from './admit.ts'
import {
  type CompletionDraft,
  type CompletionEnding,
  endOfError,
  openDraft,
  shortenAsked,
  toRecord,
} from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import { billTo, costHeader, costRecord, toAdmitFacts } from './cost-record.ts'
import { requestDeps } from './request-deps.ts'
import {
  type RouteDeps,
  type RouteRequest,
  rememberLeaders,
  routeCompletion,
  skippedHeader,
  summarize,
} from './route-completion.ts'
import { type SettleDeps, type Settlement, settle } from './settle.ts'
import { refreshTrust } from './share-trust.ts'
import { answerLimits, createTargetBodies } from './target-bodies.ts'
import { type ChainDeps, type ChainRequest, tryTargets, type Winner } from './try-targets.ts'
import { unwrap } from './unwrap.ts'

export type CompleteDeps = ChainDeps &
  SettleDeps & {
    /** @throws {GatewayError} `bad_settings`, naming each of `names` that is missing or bad. */
    readonly requireSettings: (...names: readonly string[]) => void
  } & RouteDeps &
  AdmitDeps

/** What a client sends, which counts as held in the isolate until it is let go. */
export type RequestBody = {
  /** @throws {GatewayError} `body_too_large`, `body_too_slow`, `too_many_bodies`, `bad_request`. */
  read(maxBytes: number): Promise<Uint8Array>
  letGo(): void
}

export type CompletionRequest = {
  readonly wire: SurfaceWire
  readonly body: RequestBody
} & Pick<RouteRequest, 'fallback' | 'session'>

/** What is sent to the client. `http` makes a response of it. */
export type Completion =
  | { readonly kind: 'whole'; readonly text: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'stream'
      readonly readable: ReadableStream<Uint8Array>
      readonly headers: Readonly<Record<string, string>>
    }
  /** Nothing was begun; the record has been written. */
  | { readonly kind: 'failed'; readonly error: unknown }

const SETTINGS = ['HF_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'HF_BASE_URL', 'HF_BILL_TO']

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
    const own = { ...shared, router: billTo(shared.router, draft.admission?.billTo) }
    const letGo = () => request.body.letGo()
    if (chain.stream) return await answerStreamed({ deps: own, asked, ctx, draft, book }, chain, letGo)
    const winner = await tryTargets(own, chain, draft, ctx)
    letGo()
    return answerWhole(asked, winner, book)
  } catch (error) {
    request.body.letGo()
    bookFailure(book, error)
    return { kind: 'failed', error }
  }
}

type Book = (ending: CompletionEnding, more?: Omit<Settlement, 'record' | 'session' | 'book'>) => CompletionRecord

function bookFailure(book: Book, error: unknown): void {
  const isBug = !(error instanceof GatewayError)
  book({ end: endOfError(error), error }, isBug ? { bug: error } : {})
}

/**
 * What is known of a request for as long as its answer takes. The prompt is no part of it: from the commit point on nothing
 * holds it any more, or an open stream would cost what its prompt weighs.
 */
type Asked = Pick<ChatRequest, 'choiceCount' | 'hasTools'> & {
  readonly deadlineAt: number
  readonly encoder: AnswerEncoder
  readonly headers: Readonly<Record<string, string>>
  readonly mayPassThrough: boolean
  readonly afterError: ConnectionEnd
  /** Whether the client is to get no chunk without choices. */
  readonly hidesUsage: boolean
}

/** @throws {GatewayError} For whatever is wrong with the request or the deployment, before anybody is asked. */
async function understand(
  deps: CompleteDeps,
  { wire, body, fallback, session }: CompletionRequest,
  ctx: CallerContext,
  draft: CompletionDraft,
): Promise<readonly [Asked, ChainRequest]> {
  deps.requireSettings(...SETTINGS)
  const { config } = ctx
  const read = unwrap(wire.read(await body.read(config.maxBodyBytes)))
  const { chat, createEncoder, droppedTools = [] } = read
  const { model, stream } = chat
  draft.askedModel = shortenAsked(model)
  draft.stream = stream
  if (droppedTools.length > 0) draft.droppedTools = droppedTools
  const route = await routeCompletion(
    deps,
    { chat, fallback, session: session ?? read.session, clampsMaxTokens: wire.clampsMaxTokens },
    ctx,
  )
  rememberLeaders(deps.traffic, route.plan)
  draft.shape = route.shape
  draft.route = summarize(route.plan)
  draft.session = route.session
  if (config.usage.byUser !== 'off') draft.user = userOf(chat)
  const admission = await admit(deps, toAdmitFacts(draft, route, chat), ctx)
  draft.admission = admission
  const { targets } = admission
  const chain: ChainRequest = {
    targets,
    bodyFor: createTargetBodies(
      read,
      {
        affordedTokens: admission.maxTokens,
        asksForUsage: isBudgeted(admission) ? 'always' : !wire.mayPassThrough || config.usage.unasked !== 'estimate',
      },
      wire.clampsMaxTokens ? answerLimits(targets, route.catalog, route.shape) : undefined,
    ),
    stream,
    choiceCount: chat.choiceCount,
    timeoutsOf: (target) => timeoutsOf(config, target),
    deadlineAt: deadlineOf(config, targets, ctx.startedAt),
    maxCalls: config.maxUpstreamCalls,
    contextLengths: async () => {
      const { store } = deps.catalog
      const stored = store.remembered() ?? (await store.read())
      const catalog = deps.catalogInUse.of(config, stored?.models)
      return (target) => positive(catalog.rowOf(target)?.['context_length'])
    },
  }
  const hidesUsage = wire.mayPassThrough && chat.includeUsage !== true && config.usage.unasked !== 'pass'
  const encoder = createEncoder({
    newId: deps.newId,
    startedAt: ctx.startedAt,
    now: deps.clock.now,
    requestId: ctx.requestId,
    hidesUsage,
  })
  const { choiceCount, hasTools } = chat
  const asked = {
    choiceCount,
    hasTools,
    deadlineAt: chain.deadlineAt,
    encoder,
    headers: {
      ...droppedToolsHeader(droppedTools),
      ...skippedHeader([...route.plan.skipped, ...admission.skipped]),
      ...admission.headers,
    },
    mayPassThrough: wire.mayPassThrough,
    afterError: wire.afterError,
    hidesUsage,
  }
  return [asked, chain]
}

function timeoutsOf(config: Config, target: ModelRef): Timeouts {
  return config.models.get(formatModelRef(target))?.timeouts ?? config.timeouts
}

/** The whole request has as long as the most patient of its targets. */
function deadlineOf(config: Config, targets: readonly ModelRef[], startedAt: number): number {
  return startedAt + Math.max(...targets.map((target) => timeoutsOf(config, target).totalMs))
}

function answerWhole({ encoder, headers }: Asked, { target, answer, attempts }: Winner, book: Book): Completion {
  if (answer.kind !== 'whole') throw new Error('a stream came where none was asked for')
  const { fields, text } = answer.answer
  const usage = readUsage(fields['usage'])
  const record = book({ end: 'whole', usage }, { lastAttempt: { target, end: { kind: 'success' } } })
  return {
    kind: 'whole',
    text: encoder.whole(fields, text),
    headers: { ...headersOf(target, answer.provider, attempts), ...headers, ...costHeader(record) },
  }
}

const utf8 = new TextEncoder()

type Streamed = {
  readonly deps: CompleteDeps
  readonly asked: Asked
  readonly ctx: CallerContext
  readonly draft: CompletionDraft
  readonly book: Book
}

/** @throws {GatewayError} What the chain throws before the answer has to begin; later it is told in the stream. */
async function answerStreamed(streamed: Streamed, request: ChainRequest, letGo: () => void): Promise<Completion> {
  const { deps, asked, ctx, draft } = streamed
  // The request's own signal misses a client that has only closed its side; a write that fails tells of that one.
  const leave = new AbortController()
  if (ctx.signal.aborted) leave.abort()
  ctx.signal.addEventListener('abort', () => leave.abort(), { once: true })
  const own = { ...streamed, ctx: { ...ctx, signal: leave.signal } }
  const chain = tryTargets(deps, request, draft, own.ctx).finally(letGo)
  const first = await within(chain, ctx.config.holdMs, deps.clock)
  const { readable, done } = openClientStream(
    first === TIMED_OUT ? (client) => hold(own, chain, client) : (client) => handOn(own, first, client),
    () => leave.abort(),
    deps.clock,
  )
  ctx.waitUntil(done)
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
    const usage = readUsage(answer.answer.fields['usage'])
    let end: CompletionEnding['end'] = 'client_gone'
    try {
      await client.write(utf8.encode(asked.encoder.chunk(toStreamChunk(answer.answer.fields)) + asked.encoder.end()))
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
  return isWhole ? 'close' : asked.afterError
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
  const { signal: gone } = ctx
  return relay(
    {
      begun,
      encoder: asked.encoder,
      cancel,
      target: source.target,
      idleMs,
      deadlineAt,
      gone,
      parsedReads,
      hidesBareChunks: asked.hidesUsage,
    },
    client,
    deps,
  )
}

/** What the answer tells of its making. A held stream has begun before any of this is known. */
function headersOf(target: ModelRef, provider: string | undefined, attempts: number): Record<string, string> {
  const named = provider && /^[\w.-]{1,64}$/.test(provider) ? { 'x-hugway-provider': provider } : {}
  return { 'x-hugway-target': formatModelRef(target), 'x-hugway-attempts': String(attempts), ...named }
}
