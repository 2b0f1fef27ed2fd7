import type { Clock } from '../core/clock.ts'

/** Reads a stream as it comes. */
export type StreamReader = {
  /** What is read is good until the next call. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  releaseLock(): void
  cancel(): Promise<void>
}

/** What workerd's reader does beyond the standard: the bytes of many chunks in one call. */
type GatheringReader = StreamReader & {
  readAtLeast(
    bytes: number,
    view: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly done: boolean; readonly value?: Uint8Array<ArrayBuffer> }>
}

/** No event is as short, and a chunk costs JavaScript some 20 us whatever its size. */
const CRUMB_BYTES = 32
const CRUMBS = 256
/** So many crumbs within this time, in milliseconds, are a flood of them. */
const FLOOD_MS = 100
const GATHERED_BYTES = 256

/**
 * Hands every chunk on as it comes, unless hundreds of tiny ones come at once: then the runtime gathers some before
 * JavaScript is woken. As soon as gathering takes longer than {@link FLOOD_MS} the chunks are handed on singly again, so that
 * no token waits for others.
 */
export function openCrumbReader(stream: ReadableStream<Uint8Array>, clock: Clock): StreamReader {
  let plain: StreamReader | undefined = stream.getReader()
  let gathering: GatheringReader | undefined
  let buffer = new Uint8Array(0)
  let crumbs = 0
  let since = 0

  const startGathering = () => {
    plain?.releaseLock()
    plain = undefined
    gathering = openGathering(stream)
    if (!gathering) plain = stream.getReader()
    if (buffer.byteLength === 0) buffer = new Uint8Array(GATHERED_BYTES * 16)
  }
  const stopGathering = () => {
    gathering?.releaseLock()
    gathering = undefined
    plain = stream.getReader()
  }
  /** Counts crumbs in a row; whole chunks cost one comparison. */
  const isFlood = (bytes: number): boolean => {
    if (bytes >= CRUMB_BYTES) {
      crumbs = 0
      return false
    }
    if (crumbs === 0) since = clock.now()
    if (++crumbs < CRUMBS) return false
    crumbs = 0
    return clock.now() - since < FLOOD_MS
  }
  return {
    async read() {
      if (plain) {
        const read = await plain.read()
        if (read.value && isFlood(read.value.byteLength)) startGathering()
        return read
      }
      const startedAt = clock.now()
      const read = await gathering?.readAtLeast(GATHERED_BYTES, buffer)
      if (!read?.value || read.done) return { done: true }
      buffer = new Uint8Array(read.value.buffer)
      if (clock.now() - startedAt >= FLOOD_MS) stopGathering()
      return read
    },
    releaseLock: () => (plain ?? gathering)?.releaseLock(),
    cancel: async () => (plain ?? gathering)?.cancel(),
  }
}

/** A stream that was made by JavaScript may know no bytes. */
function openGathering(stream: ReadableStream<Uint8Array>): GatheringReader | undefined {
  try {
    return stream.getReader({ mode: 'byob' }) as unknown as GatheringReader
  } catch {
    return undefined
  }
}
