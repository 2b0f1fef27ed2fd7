import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import type { RequestBody } from '../gateway/completion.ts'
import { collectBytes, openFillingReader } from '../json/collect-bytes.ts'
import { decodeBody, encodingOf } from './decode-body.ts'

/** What reading a body needs of the isolate. */
export type BodyDeps = {
  readonly clock: Clock
  /** Where bodies are counted that are held at the same time. */
  readonly bodyRoom: { take(bytes: number): boolean; give(bytes: number): void }
}

/** A body as long as this one is read behind room for what is written in front of it: it goes up without a copy. */
const LONG_BODY_BYTES = 64 * 1024
/** For a model's name and the members that are added. */
const HEAD_ROOM_BYTES = 1_024

/** A client that takes longer has stopped sending; at the default limit it is 175 KB a second. */
const UPLOAD_LIMIT_MS = 60_000

/** A request's body, which counts as held until it is let go. */
export function bodyOf(request: Request, deps: BodyDeps): RequestBody {
  let held = 0
  let isOver = false
  const letGo = () => {
    deps.bodyRoom.give(held)
    held = 0
    isOver = true
  }
  const hold = (bytes: number) => {
    if (isOver) throw new Error('nobody waits for this body any more') // it came too late, and may still be coming
    if (!deps.bodyRoom.take(bytes - held)) throw new GatewayError({ kind: 'too_many_bodies' })
    held = bytes
  }
  return { letGo, read: (maxBytes) => readWithin(request, maxBytes, hold, deps.clock) }
}

/**
 * Reads a small body of the operator's, at most `maxBytes` of it, before it was compressed and after.
 *
 * @throws {GatewayError} As {@link RequestBody.read}, but for the room.
 */
export function readBody(request: Request, maxBytes: number, clock: Clock): Promise<Uint8Array> {
  return readWithin(request, maxBytes, () => {}, clock)
}

async function readWithin(
  request: Request,
  maxBytes: number,
  hold: (bytes: number) => void,
  clock: Clock,
): Promise<Uint8Array> {
  try {
    const bytes = await within(readAll(request, maxBytes, hold), UPLOAD_LIMIT_MS, clock)
    if (bytes === TIMED_OUT) throw new GatewayError({ kind: 'body_too_slow', limitMs: UPLOAD_LIMIT_MS })
    return bytes
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    if (request.signal.aborted) throw new GatewayError({ kind: 'client_gone' }, { cause })
    const encoding = encodingOf(request)
    const message = `The body ${encoding === undefined ? '' : `is not whole as ${encoding}, or `}broke off before its end.`
    throw new GatewayError({ kind: 'bad_request', message }, { cause })
  }
}

async function readAll(request: Request, maxBytes: number, hold: (bytes: number) => void): Promise<Uint8Array> {
  const tooLarge = () => new GatewayError({ kind: 'body_too_large', maxBytes })
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > maxBytes) throw tooLarge()
  if (announced !== null && encodingOf(request) === undefined) {
    // The announced length is the runtime's to enforce; without one, or of what comes out, the pieces have to be counted.
    hold(Number(announced))
    if (Number(announced) >= LONG_BODY_BYTES && request.body) return readBehindRoom(request.body, Number(announced))
    return new Uint8Array(await request.arrayBuffer())
  }
  const body = await decodeBody(request)
  if (!body) return new Uint8Array()
  const bytes = await collectBytes(body, maxBytes, hold)
  if (!bytes) throw tooLarge()
  return bytes
}

/** @throws What the stream throws, and where it ends before its announced length. */
async function readBehindRoom(body: ReadableStream<Uint8Array>, announced: number): Promise<Uint8Array> {
  const reader = openFillingReader(body)
  let read = { buffer: new Uint8Array(HEAD_ROOM_BYTES + announced), length: HEAD_ROOM_BYTES, isDone: false }
  while (read.length < HEAD_ROOM_BYTES + announced) {
    if (read.isDone) throw new Error('the body ended early')
    read = await reader.fill(read.buffer, read.length)
  }
  return read.buffer.subarray(HEAD_ROOM_BYTES, read.length)
}
