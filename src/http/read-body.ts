import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import type { RequestBody } from '../gateway/completion.ts'
import { collectBytes } from '../json/collect-bytes.ts'
import { discard, FIRST_LIMIT_MS, readAnnounced } from './announced-body.ts'
import { decodeBody, encodingOf } from './decode-body.ts'

/** What reading a body needs of the isolate. */
export type BodyDeps = {
  readonly clock: Clock
  /** Where bodies are counted that are held at the same time. */
  readonly bodyRoom: { grow(held: number, bytes: number): boolean; give(bytes: number): void }
}

/** A body as long as this one is read behind room for what is written in front of it: it goes up without a copy. */
const LONG_BODY_BYTES = 64 * 1024

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
    if (!deps.bodyRoom.grow(held, bytes)) throw new GatewayError({ kind: 'too_many_bodies' })
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
  const announced = announcedLength(request)
  const limitMs = isShort(announced) ? FIRST_LIMIT_MS : UPLOAD_LIMIT_MS
  try {
    const bytes = await within(readAll(request, announced, maxBytes, hold, clock), limitMs, clock)
    if (bytes === TIMED_OUT) throw new GatewayError({ kind: 'body_too_slow', limitMs })
    return bytes
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    if (request.signal.aborted) throw new GatewayError({ kind: 'client_gone' }, { cause })
    const encoding = encodingOf(request)
    const message = `The body ${encoding === undefined ? '' : `is not whole as ${encoding}, or `}broke off before its end.`
    throw new GatewayError({ kind: 'bad_request', message }, { cause })
  }
}

async function readAll(
  request: Request,
  announced: number | undefined,
  maxBytes: number,
  hold: (bytes: number) => void,
  clock: Clock,
): Promise<Uint8Array> {
  const tooLarge = () => new GatewayError({ kind: 'body_too_large', maxBytes })
  if (announced !== undefined && announced > maxBytes) {
    await discard(request.body, clock)
    throw tooLarge()
  }
  if (announced !== undefined && encodingOf(request) === undefined) {
    // The announced length is the runtime's to enforce; without one, or of what comes out, the pieces have to be counted.
    if (!isShort(announced) && request.body) return readAnnounced(request.body, announced, hold, clock)
    hold(announced)
    return new Uint8Array(await request.arrayBuffer())
  }
  const body = await decodeBody(request)
  if (!body) return new Uint8Array()
  const bytes = await collectBytes(body, maxBytes, hold)
  if (!bytes) throw tooLarge()
  return bytes
}

function announcedLength({ headers }: Request): number | undefined {
  const announced = headers.get('content-length')
  return announced === null ? undefined : Number(announced)
}

const isShort = (announced: number | undefined) => announced !== undefined && announced < LONG_BODY_BYTES
