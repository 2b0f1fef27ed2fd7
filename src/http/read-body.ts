import { GatewayError } from '../core/failure.ts'
import { decodeBody, encodingOf } from './decode-body.ts'

/**
 * Reads a request's body, at most `maxBytes` of it, before it was compressed and after.
 *
 * @throws {GatewayError} `body_too_large`, as soon as it is known; `unsupported_encoding`; `bad_request` when the client
 *   breaks off, or what it compressed is not whole.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readAll(request, maxBytes)
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    const encoding = encodingOf(request)
    const message = `The body ${encoding === undefined ? '' : `is not whole as ${encoding}, or `}broke off before its end.`
    throw new GatewayError({ kind: 'bad_request', message }, { cause })
  }
}

async function readAll(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new GatewayError({ kind: 'body_too_large', maxBytes })
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > maxBytes) throw tooLarge()
  // The announced length is the runtime's to enforce; without one, or of what comes out, the pieces have to be counted.
  if (announced !== null && encodingOf(request) === undefined) return new Uint8Array(await request.arrayBuffer())
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (await decodeBody(request)) ?? []) {
    pieces.push(piece)
    bytes += piece.byteLength
    if (bytes > maxBytes) throw tooLarge()
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}
