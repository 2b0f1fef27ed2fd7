import { GatewayError } from '../core/failure.ts'

/**
 * Reads a request's body, at most `maxBytes` of it.
 *
 * @throws {GatewayError} `body_too_large`, as soon as it is known; `bad_request` when the client breaks off.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readAll(request, maxBytes)
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError({ kind: 'bad_request', message: 'The body broke off before its end.' }, { cause })
  }
}

async function readAll(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new GatewayError({ kind: 'body_too_large', maxBytes })
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > maxBytes) throw tooLarge()
  // The announced length is the runtime's to enforce; without one the pieces have to be counted.
  if (announced !== null) return new Uint8Array(await request.arrayBuffer())
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of request.body ?? []) {
    pieces.push(piece)
    bytes += piece.byteLength
    if (bytes > maxBytes) throw tooLarge()
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}
