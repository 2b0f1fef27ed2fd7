const FIRST_BYTES = 64 * 1024

/**
 * Reads a stream to its end into one piece. Many small chunks cost no more than few large ones: the runtime fills the
 * buffer, which doubles whenever it is full.
 *
 * @param grow Told of every buffer's size, in bytes, before it is made; what it throws ends the reading.
 * @returns `undefined` for a stream of more than `maxBytes`, as soon as that is known.
 * @throws What the stream throws.
 */
export async function collectBytes(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  grow: (bytes: number) => void = () => {},
): Promise<Uint8Array | undefined> {
  const reader = openFillingReader(stream)
  let buffer = new Uint8Array(0)
  let length = 0
  try {
    for (;;) {
      if (length === buffer.byteLength) buffer = enlarge(buffer, maxBytes, grow)
      const read = await reader.fill(buffer, length)
      buffer = read.buffer
      length = read.length
      if (length > maxBytes) {
        reader.cancel()
        return undefined
      }
      if (read.isDone) return buffer.subarray(0, length)
    }
  } catch (error) {
    reader.cancel()
    throw error
  }
}

/** One byte more than may come is enough to see that too much comes. */
function enlarge(full: Uint8Array, maxBytes: number, grow: (bytes: number) => void): Uint8Array<ArrayBuffer> {
  const size = Math.max(full.byteLength + 1, Math.min(Math.max(FIRST_BYTES, full.byteLength * 2), maxBytes + 1))
  grow(size)
  const larger = new Uint8Array(size)
  larger.set(full)
  return larger
}

export type Filled = { readonly buffer: Uint8Array<ArrayBuffer>; readonly length: number; readonly isDone: boolean }

/** Reads into a buffer that it is given. */
export type FillingReader = {
  /** Writes behind the first `length` bytes. The buffer is taken; the answer has it, or a larger one. */
  fill(buffer: Uint8Array<ArrayBuffer>, length: number): Promise<Filled>
  cancel(): void
}

/** What workerd's reader does beyond the standard: the bytes of many chunks in one call. */
type WorkerdReader = {
  readAtLeast(
    bytes: number,
    view: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly done: boolean; readonly value?: Uint8Array<ArrayBuffer> }>
  cancel(): Promise<void>
}

/** Takes a stream for reading into buffers; of one that knows no bytes they are copied. */
export function openFillingReader(stream: ReadableStream<Uint8Array>): FillingReader {
  let reader: WorkerdReader
  try {
    reader = stream.getReader({ mode: 'byob' }) as unknown as WorkerdReader
  } catch {
    return openPlainReader(stream) // a stream that was made by JavaScript may know no bytes
  }
  return {
    async fill(buffer, length) {
      const { done, value } = await reader.readAtLeast(buffer.byteLength - length, buffer.subarray(length))
      if (!value) return { buffer: new Uint8Array(0), length: 0, isDone: true } // it was cancelled
      return { buffer: new Uint8Array(value.buffer), length: length + value.byteLength, isDone: done }
    },
    cancel: () => void reader.cancel().catch(() => {}),
  }
}

function openPlainReader(stream: ReadableStream<Uint8Array>): FillingReader {
  const reader = stream.getReader()
  return {
    async fill(buffer, length) {
      const { value } = await reader.read()
      if (!value) return { buffer, length, isDone: true }
      const larger = new Uint8Array(Math.max(buffer.byteLength, length + value.byteLength))
      larger.set(buffer.subarray(0, length))
      larger.set(value, length)
      return { buffer: larger, length: length + value.byteLength, isDone: false }
    },
    cancel: () => void reader.cancel().catch(() => {}),
  }
}
