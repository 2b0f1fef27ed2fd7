import type { Chunk } from './chat/chunk.ts'

/** What a whole JSON answer says, in the form of a chat completion. */
export type WholeChat = Chunk

/**
 * How one surface writes an answer: pure, one for each request, its calls in the order of the answer. The canonical
 * answer is normalized chat chunks; every method returns the text to send, '' for nothing.
 */
export type AnswerEncoder = {
  /** A sign of life before the first chunk, while nobody knows yet who answers. Clients must read it as nothing. */
  heartbeat(): string
  /** A sign of life after the first chunk, in the upstream's silence. Never splits an event. */
  silence(): string
  /**
   * One normalized chunk.
   *
   * @param data The chunk's JSON as it came, where it needed no change: to be passed on as it stands by the chat surface.
   */
  chunk(chunk: Chunk, data?: string): string
  /** The end of a whole answer: what the surface still owes its client, and its terminal event. */
  end(): string
  /** The last words of an answer that must not be taken for a whole one. */
  fail(thrown: unknown): string
  /** A whole answer's JSON body. @param text The upstream's own text, where nothing had to be changed. */
  whole(answer: WholeChat, text?: string): string
}
