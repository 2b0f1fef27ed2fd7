import type { Fault, Moment, RawAnswer } from '../../src/simulator/answer.ts'

/** What stands behind the model asked for. `all_broken`: a fallback with the very same fault. */
export const CHAINS = ['healthy_fallback', 'no_fallback', 'all_broken'] as const
export type Chain = (typeof CHAINS)[number]

/** Where the upstream is: the simulator, or an address at which a connection fails in one of the ways it can fail. */
export const UPSTREAMS = ['simulator', 'refused', 'dns', 'tls'] as const
export type Upstream = (typeof UPSTREAMS)[number]

/**
 * What a client got. `whole` and `error` keep the promise; the rest does not:
 * - `cut`: the connection broke without a word. Most clients raise; a client that counts an end as an end does not
 * - `unclear`: an error status with a body in which no client finds a message, or an answer that says it failed, in passing
 * - `lie`: something that looks like an answer and is none: truncated, empty, glued together, unreadable, a redirect
 * - `followed`: the gateway went where an upstream's redirect led, with the token
 * - `hang`: nothing within the configured times
 * - `leak`: the client had its answer, and two seconds later an upstream call was still open
 */
export type Verdict = 'whole' | 'error' | 'cut' | 'unclear' | 'lie' | 'followed' | 'hang' | 'leak'

/** What a case must come to. */
export type Expected = {
  /**
   * `either`: the promise leaves it open. `passed_on`: a trusted provider's bytes reach the client as they came, so what
   * is wrong with them does too: an answer, an error, something no client can parse, but nothing that looks whole.
   */
  readonly verdict: 'whole' | 'error' | 'either' | 'passed_on'
  /** Whose answer it is. */
  readonly from?: 'primary' | 'fallback'
  /** Of an error that came as an HTTP answer; a stream that was held has its 200 already. */
  readonly status?: number
  /** `false`: the fault is the caller's, or the answer has begun, and nobody else may be asked. */
  readonly fallbackCalled?: boolean
}

/** What a broken target answers: these faults, each time; or, attempt by attempt, the last one again and again. */
export type Script = readonly (readonly Fault[] | RawAnswer)[]

/** One cell of the matrix. */
export type Case = {
  readonly id: string
  /** The row: the fault in words. */
  readonly fault: string
  readonly moment: Moment | undefined
  readonly stream: boolean
  readonly chain: Chain
  readonly upstream: Upstream
  readonly asksForUsage: boolean
  readonly script: Script
  /** How many clients ask the same at the same time. */
  readonly clients: number
  /** What the primary's own answer is, when it is whole. */
  readonly whole: WholeAnswer
  readonly expected: Expected
}

/** What makes an upstream's answer whole. */
export type WholeAnswer = {
  readonly text: string
  readonly toolArguments?: string
  /** So many `x` in one event, somewhere in the text; they are counted and taken out. */
  readonly huge?: number
  /** The word ` more` follows, again and again. */
  readonly endless?: boolean
  /** Bytes that are not UTF-8 become U+FFFD, which is taken out. */
  readonly spoiled?: boolean
}

export const PRIMARY_TEXT = 'The primary answers: é, 漢 and 🙂 came through, and so did every other token of it.'
export const FALLBACK_TEXT = 'Somebody else speaks here, in words that nobody could mistake for another model.'

/** The times that the matrix configures, in milliseconds. */
export const TIMES = { holdMs: 700, timeouts: { headersMs: 2_000, firstTokenMs: 2_500, idleMs: 2_000, totalMs: 8_000 } }
/** What a busy machine may add to the configured times before it counts as a hang. */
export const SLACK_MS = 2_500
/** How long an upstream call may stay open after nobody wants it any more. */
export const LEAK_MS = 2_000
