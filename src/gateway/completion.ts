import type { CompletionRecord } from '../core/completion-record.ts'
import { GatewayError } from '../core/failure.ts'
import type { ModelRef } from '../core/routing/model-ref.ts'
import { formatModelRef } from '../core/routing/model-ref.ts'
import type { ConnectionEnd } from '../stream/client-stream.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import type { ChatRequest } from '../wire/chat/request.ts'
import type { SurfaceWire } from '../wire/surface.ts'
import type { AdmitDeps } from './admit-targets.ts'
import { type CompletionEnding, endOfError } from './completion-draft.ts'
import type { HedgeDeps } from './hedge.ts'
import type { RouteDeps, RouteRequest } from './route-completion.ts'
import type { SettleDeps, Settlement } from './settle.ts'

export type CompleteDeps = HedgeDeps &
  SettleDeps & {
    /** @throws {GatewayError} `bad_settings`, naming each of `names` that is missing or bad. */
    readonly requireSettings: (...names: readonly string[]) => void
  } & RouteDeps &
  AdmitDeps

/** What a client sends, which counts as held in the isolate until it is let go. */
export type RequestBody = {
  /**
   * The bytes are the request's alone, and so is what lies in front of them in their buffer: they are written over.
   *
   * @throws {GatewayError} `body_too_large`, `body_too_slow`, `too_many_bodies`, `bad_request`.
   */
  read(maxBytes: number): Promise<Uint8Array>
  letGo(): void
}

export type CompletionRequest = {
  readonly wire: SurfaceWire
  readonly body: RequestBody
  /** It has an `Idempotency-Key`. */
  readonly runsOnce?: boolean
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

/**
 * What is known of a request for as long as its answer takes. The prompt is no part of it: from the commit point on nothing
 * holds it any more, or an open stream would cost what its prompt weighs.
 */
export type Asked = Pick<ChatRequest, 'choiceCount' | 'hasTools'> & {
  readonly deadlineAt: number
  readonly encoder: AnswerEncoder
  readonly headers: Readonly<Record<string, string>>
  readonly mayPassThrough: boolean
  readonly afterError: ConnectionEnd
  /** Whether the client is to get no chunk without choices. */
  readonly hidesUsage: boolean
}

/** Books the request, once, and says what was booked. */
export type Book = (
  ending: CompletionEnding,
  more?: Omit<Settlement, 'record' | 'session' | 'book'>,
) => CompletionRecord

/** Books a request whose client is told an error. */
export function bookFailure(book: Book, error: unknown): void {
  const isBug = !(error instanceof GatewayError)
  book({ end: endOfError(error), error }, isBug ? { bug: error } : {})
}

/** What the answer tells of its making. A held stream has begun before any of this is known. */
export function headersOf(target: ModelRef, provider: string | undefined, attempts: number): Record<string, string> {
  const named = provider && /^[\w.-]{1,64}$/.test(provider) ? { 'x-hugway-provider': provider } : {}
  return { 'x-hugway-target': formatModelRef(target), 'x-hugway-attempts': String(attempts), ...named }
}
