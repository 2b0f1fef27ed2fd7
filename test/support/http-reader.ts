/** What is known of a response while its bytes come in. */
export type HttpReader = {
  feed(bytes: Buffer): void
  head(): { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined
  /** The last chunk came, or all of the content-length. */
  isComplete(): boolean
}

const HEAD_END = '\r\n\r\n'

/** Reads one HTTP/1.1 response off a bare socket. @param onBody Called with each piece of the body, without its framing. */
export function createHttpReader(onBody: (bytes: Buffer) => void): HttpReader {
  let pending: Buffer = Buffer.alloc(0)
  let head: ReturnType<HttpReader['head']>
  let left: number | 'chunks' | 'until_close' = 'until_close'
  let complete = false

  const takeHead = (): boolean => {
    const end = pending.indexOf(HEAD_END)
    if (end === -1) return false
    const [first = '', ...lines] = pending.subarray(0, end).toString('latin1').split('\r\n')
    pending = pending.subarray(end + HEAD_END.length)
    const headers = Object.fromEntries(lines.map((line) => splitHeader(line)))
    head = { status: Number(first.split(' ')[1]), headers }
    const length = headers['content-length']
    left = headers['transfer-encoding'] === 'chunked' ? 'chunks' : length === undefined ? 'until_close' : Number(length)
    complete = left === 0
    return true
  }
  const takeChunk = (): boolean => {
    const lineEnd = pending.indexOf('\r\n')
    if (lineEnd === -1) return false
    const size = Number.parseInt(pending.subarray(0, lineEnd).toString('latin1'), 16)
    const end = lineEnd + 2 + size + 2
    if (pending.length < end) return false
    if (size === 0) complete = true
    else onBody(pending.subarray(lineEnd + 2, lineEnd + 2 + size))
    pending = pending.subarray(end)
    return !complete
  }
  const takeBody = (): void => {
    if (left === 'chunks') {
      while (takeChunk());
      return
    }
    if (pending.length > 0) onBody(pending)
    if (left !== 'until_close') {
      left -= pending.length
      complete = left <= 0
    }
    pending = Buffer.alloc(0)
  }
  return {
    feed(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
      if (!head && !takeHead()) return
      if (!complete) takeBody()
    },
    head: () => head,
    isComplete: () => complete,
  }
}

function splitHeader(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}
