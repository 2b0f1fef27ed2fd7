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

/** What no client reads: it ends no line, not even of half an event. */
const FILLING = new TextEncoder().encode(' ')
/** Writes that the runtime has taken and not yet handed to the socket; a break drops them. */
const TAKEN_AHEAD = 2
/** Milliseconds in which whoever stands between the isolate and the client passes the last event on. */
const PASS_ON_MS = 50
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
      if ((await write(client)) === 'abort') return await breakOff(client, clock)
      const closed = await within(client.close(), CLOSE_LIMIT_MS, clock)
      if (closed === TIMED_OUT) await client.abort()
    } catch {
      onGone()
      await client.abort().catch(() => {}) // should somebody be there all the same, nothing was said of the end
    }
  }
  return { readable, done: run() }
}

/**
 * Breaks the connection off after the error event: the AI SDK raises on nothing less when its user reads text alone.
 *
 * A break overtakes what was written before it. The runtime takes one write while it hands the one before to the socket, so a
 * write that is taken says of the second before it that it is sent; no pause says as much of a busy isolate, whose timers run
 * before its writes.
 */
async function breakOff(client: ClientStream, clock: Clock): Promise<void> {
  await within(writeFilling(client), CLOSE_LIMIT_MS, clock)
  await clock.wait(PASS_ON_MS)
  await client.abort(new Error('the answer is incomplete'))
}

async function writeFilling(client: ClientStream): Promise<void> {
  for (let writes = 0; writes < TAKEN_AHEAD; writes++) await client.write(FILLING)
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
