import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import { type Filled, openFillingReader } from '../json/collect-bytes.ts'

/** For a model's name and the members that are added. */
const HEAD_ROOM_BYTES = 1_024

/** What a client gets for its announcement alone, at most. */
const FIRST_BYTES = 64 * 1024
/** A buffer that is full is followed by one of so many times its size: what is copied is a fifteenth of the body at most. */
const GROWTH = 16

/** A client that has not sent {@link FIRST_BYTES} by then has stopped sending; it would be 4 KB a second. */
export const FIRST_LIMIT_MS = 15_000

/**
 * Reads a body of a known length behind room for what is written in front of it. Its buffer grows with what has come, up to
 * the announced length: a client that announces much and sends nothing takes little from the others.
 *
 * @param hold Told of every buffer's size, in bytes, before it is made; what it throws ends the reading.
 * @throws {GatewayError} `body_too_slow`.
 * @throws What the stream throws, and where it ends before its announced length.
 */
export async function readAnnounced(
  body: ReadableStream<Uint8Array>,
  announced: number,
  hold: (bytes: number) => void,
  clock: Clock,
): Promise<Uint8Array> {
  const reader = openFillingReader(body)
  let size = firstSize(announced)
  let read: Filled = { buffer: new Uint8Array(0), length: HEAD_ROOM_BYTES, isDone: false }
  const fill = async () => {
    hold(size)
    read = { ...read, buffer: enlarge(read, HEAD_ROOM_BYTES + size) }
    while (read.length < HEAD_ROOM_BYTES + size) {
      if (read.isDone) throw new Error('the body ended early')
      read = await reader.fill(read.buffer, read.length)
    }
  }
  try {
    if ((await within(fill(), FIRST_LIMIT_MS, clock)) === TIMED_OUT) {
      throw new GatewayError({ kind: 'body_too_slow', limitMs: FIRST_LIMIT_MS })
    }
    while (size < announced) {
      size = Math.min(announced, size * GROWTH)
      await fill()
    }
  } catch (error) {
    reader.cancel()
    throw error
  }
  return read.buffer.subarray(HEAD_ROOM_BYTES, read.length)
}

/** Of a body that is refused so much is read at most, for so long, and so much of it is held at once. */
const DISCARD_BYTES = 16 * 1024 * 1024
const DISCARD_LIMIT_MS = 2_000
const DISCARD_PIECE_BYTES = 16 * 1024

/**
 * Lets a client send what nobody wants. A connection that is closed while it sends fails there, and the client reads no
 * refusal; where an edge stands in front, it reads the body in any case.
 */
export async function discard(body: ReadableStream<Uint8Array> | null, clock: Clock): Promise<void> {
  if (!body) return
  const reader = openFillingReader(body)
  const readOn = async () => {
    let read: Filled = { buffer: new Uint8Array(DISCARD_PIECE_BYTES), length: 0, isDone: false }
    for (let bytes = 0; bytes < DISCARD_BYTES && !read.isDone; bytes += read.length) {
      read = await reader.fill(read.buffer, 0)
    }
  }
  await within(readOn(), DISCARD_LIMIT_MS, clock).catch(() => {}) // it broke off: nobody reads the refusal
  reader.cancel()
}

/** The largest that grows to the announced length in whole steps. */
function firstSize(announced: number): number {
  let size = announced
  while (size > FIRST_BYTES) size = Math.ceil(size / GROWTH)
  return size
}

function enlarge({ buffer, length }: Filled, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes)
  larger.set(buffer.subarray(0, length))
  return larger
}
