import { GatewayError } from '../core/failure.ts'

/** The encodings that are read, as a refusal lists them. */
const ACCEPTED = ['gzip', 'deflate']

/**
 * A request's body as it was before the client compressed it. Some clients compress long conversations by themselves, and
 * the runtime decodes answers but not requests. What comes out is not bounded here.
 *
 * @throws {GatewayError} `unsupported_encoding` for any other encoding.
 */
export async function decodeBody(request: Request): Promise<ReadableStream<Uint8Array> | null> {
  const encoding = encodingOf(request)
  if (request.body === null || encoding === undefined) return request.body
  if (encoding === 'gzip' || encoding === 'x-gzip') return request.body.pipeThrough(new DecompressionStream('gzip'))
  if (encoding === 'deflate') return inflate(request.body)
  throw new GatewayError({ kind: 'unsupported_encoding', encoding: encoding.slice(0, 40), accepted: ACCEPTED })
}

/** The name of a body's encoding; `undefined` where it is sent as it is. */
export function encodingOf({ headers }: Request): string | undefined {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase()
  return encoding === undefined || encoding === '' || encoding === 'identity' ? undefined : encoding
}

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2), and some clients send the bare one: its first two bytes tell. */
async function inflate(body: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader()
  let head = new Uint8Array()
  while (head.length < 2) {
    const { value, done } = await reader.read()
    if (done) break
    head = new Uint8Array([...head, ...value])
  }
  const [first = 0, second = 0] = head
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0
  return readFrom(head, reader).pipeThrough(new DecompressionStream(isZlib ? 'deflate' : 'deflate-raw'))
}

function readFrom(head: Uint8Array, reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
