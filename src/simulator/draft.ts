import type { Fault, Moment, UsageMode } from './answer.ts'
import type { ChatFacts } from './chat-request.ts'
import type { Content } from './content.ts'
import type { Framing } from './framing.ts'
import type { Headers } from './steps.ts'

/** What a plan is made for: the request as read, and everything that a pure function may not make up. */
export type PlanContext = {
  readonly chat: ChatFacts
  readonly provider: string
  readonly id: string
  /** Seconds since the epoch, as OpenAI's `created`. */
  readonly created: number
  /** The router's headers, without the content type. */
  readonly headers: Headers
  readonly tokenDelayMs: number
  /** The body of a route that is not a chat: sent, and broken, in the place of a completion. */
  readonly json?: string
}

/** All that the two writers, of streams and of JSON bodies, need to know. */
export type Draft = {
  readonly content: Content
  readonly context: PlanContext
  readonly usage: UsageMode
  readonly faults: readonly Fault[]
  readonly framing: Framing
  readonly headers: Headers
  /** The one fault with a moment, if there is one. */
  readonly breaking: (Fault & { readonly moment: Moment }) | undefined
  readonly delays: { readonly headersMs: number; readonly firstTokenMs: number; readonly perTokenMs: number }
}

/** The message of every error event that names none. */
export const ERROR_MESSAGE = 'Simulated error: the provider is overloaded'
/** The size of `huge_event` where the request names none. */
export const HUGE_BYTES = 5 * 1024 * 1024
/** The pace of `trickle` where the request names none. */
export const BYTES_PER_SECOND = 20
