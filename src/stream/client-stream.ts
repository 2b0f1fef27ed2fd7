/** The client's end of an answer. Every write rejects once the client is gone. */
export type ClientStream = {
  write(bytes: Uint8Array): Promise<void>
  /** Ends the answer as a whole one. */
  close(): Promise<void>
  /** Breaks the connection off. */
  abort(reason?: unknown): Promise<void>
  /** Lends the stream itself to the runtime's own pump; nothing may be written meanwhile. */
  lend<T>(use: (writable: WritableStream<Uint8Array>) => Promise<T>): Promise<T>
}

export function createClientStream(writable: WritableStream<Uint8Array>): ClientStream {
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
