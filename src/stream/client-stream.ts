import { type Clock, TIMED_OUT, within } from '../core/clock.ts'

/** The client's end of an answer. Every write rejects once the client is gone. */
export type ClientStream = {
  write(bytes: Uint8Array): Promise<void>
  /** Ends the answer as a whole one. */
  close(): Promise<void>
  /** Breaks the connection off. */
  abort(reason?: unknown): Promise<void>
  /** Lends the stream itself to the runtime's own pipe; nothing may be written meanwhile. */
  lend<T>(use: (writable: WritableStream<Uint8Array>) => Promise<T>): Promise<T>
}

/** How the connection ends: a whole answer closes it, a truncated one breaks it off. */
export type ConnectionEnd = 'close' | 'abort'

/** Milliseconds in which the last event of a truncated answer reaches the socket. */
const FLUSH_MS = 50
/** An isolate whose pauses take twice their time has not written either; after so many it is not waited for. */
const MAX_FLUSHES = 5
/** A client that reads nothing does not hold the end of its stream up for longer than this. */
const CLOSE_LIMIT_MS = 5_000

/**
 * Makes a stream for the runtime to send, and what writes into it.
 *
 * `done` resolves when the connection has been ended as `write` says. It never rejects: only writing to the client throws
 * in there, and then the client has left, which `onGone` is told.
 */
export function openClientStream(
  write: (client: ClientStream) => Promise<ConnectionEnd>,
  onGone: () => void,
  clock: Clock,
): { readonly readable: ReadableStream<Uint8Array>; readonly done: Promise<void> } {
  const { readable, writable } = new IdentityTransformStream()
  const client = createClientStream(writable)
  const run = async () => {
    try {
      if ((await write(client)) === 'abort') return await abortAfterFlush(client, clock)
      const closed = await within(client.close(), CLOSE_LIMIT_MS, clock)
      if (closed === TIMED_OUT) await client.abort()
    } catch {
      onGone()
    }
  }
  return { readable, done: run() }
}

/**
 * Breaks the connection off after the error event: the AI SDK raises on nothing less when its user reads text alone.
 * The pause lets the event out first; without it the break overtakes it, and only "terminated" reaches the client.
 */
async function abortAfterFlush(client: ClientStream, clock: Clock): Promise<void> {
  for (let flushes = 0; flushes < MAX_FLUSHES; flushes++) {
    const startedAt = clock.now()
    await clock.wait(FLUSH_MS)
    if (clock.now() - startedAt < 2 * FLUSH_MS) break
  }
  await client.abort(new Error('the answer is incomplete'))
}

function createClientStream(writable: WritableStream<Uint8Array>): ClientStream {
  let writer = writable.getWriter()
  return {
    write: (bytes) => writer.write(bytes),
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
    async lend(use) {
      writer.releaseLock()
      try {
        return await use(writable)
      } finally {
        writer = writable.getWriter()
      }
    },
  }
}
