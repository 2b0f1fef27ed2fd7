import type { Surface } from '../core/completion-record.ts'
import type { Failure } from '../core/failure.ts'
import type { Result } from '../core/result.ts'
import type { AnswerEncoder } from './answer-encoder.ts'
import type { ChatRequest } from './chat/request.ts'

/** How hard a model is to think, in the words that all models know which are told it. */
export type ReasoningEffort = 'low' | 'medium' | 'high'

/** A request of one surface, understood: as the chat completion that goes up, and as the way its answer is written. */
export type SurfaceRequest = {
  /** The canonical request: a chat completion's body, in bytes. */
  readonly chat: ChatRequest
  /** The same without the thoughts of earlier turns, for models that are not given them back; absent where there are none. */
  readonly withoutReasoning?: () => ChatRequest
  /** How hard the client wishes the model to think, where a model that cannot be told so is to be asked without it. */
  readonly effort?: ReasoningEffort | undefined
  /** What the client calls the conversation, where its API has a member for it. */
  readonly session?: string | undefined
  readonly createEncoder: (options: EncoderOptions) => AnswerEncoder
  /** Types of hosted tools that no model is shown, because only their own API could run them. */
  readonly droppedTools?: readonly string[]
}

export type EncoderOptions = {
  /** Makes ids for what a provider sent without one. */
  readonly newId: () => string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number
  readonly requestId: string
  /** Whether a client of the chat surface is to get no chunk without choices. */
  readonly hidesUsage: boolean
}

/** What clients of one surface speak. */
export type SurfaceWire = {
  readonly name: Surface
  /** Reads a request's body. Refuses what means nothing, naming the field. Never throws. */
  readonly read: (body: Uint8Array) => Result<SurfaceRequest, Failure>
  /** Whether a provider's stream is this surface's own, so that it may reach the client unread. */
  readonly mayPassThrough: boolean
  /**
   * How a connection ends after an error event: `close` where every client knows that event for the end of a failed answer,
   * and some (Codex) would tell their user of the break instead; `abort` where a client may read texts alone and take any
   * clean end for a whole answer.
   */
  readonly afterError: 'close' | 'abort'
  /**
   * Whether the limit of the answer is a wish: Claude Code asks for 32,000 tokens of whatever model, and for 128,000 after an
   * answer that was too long. What a target cannot say is clamped, and skips no target.
   */
  readonly clampsMaxTokens: boolean
  /** The status of a budget that is spent, where 402 would be repeated: Codex does so five times. */
  readonly quotaStatus?: 429
}
