/** One server-sent event as the standard has it, and when its last byte came. */
export type SeenEvent = {
  readonly event: string
  readonly data: string
  /** Milliseconds since the request was sent. */
  readonly atMs: number
}

/**
 * Reads events out of bytes as they come. Written from the WHATWG standard and not from the gateway's own parser, so
 * that the two cannot share a mistake: LF, CR and CRLF, a byte order mark, fields without a space, comments, and no
 * event for a block that is not closed by a blank line.
 */
export function createEventReader(): {
  readonly events: readonly SeenEvent[]
  feed(bytes: Buffer, atMs: number): void
} {
  const events: SeenEvent[] = []
  const decoder = new TextDecoder() // takes the byte order mark away
  let rest = ''
  let data: string[] = []
  let event = ''
  const line = (text: string, atMs: number) => {
    if (text === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n'), atMs })
      data = []
      event = ''
      return
    }
    const colon = text.indexOf(':')
    const name = colon === -1 ? text : text.slice(0, colon)
    const value = colon === -1 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') data.push(value)
    if (name === 'event') event = value
  }
  return {
    events,
    feed(bytes, atMs) {
      const text = rest + decoder.decode(bytes, { stream: true })
      // A CR at the very end may be the first half of a CRLF.
      const usable = text.endsWith('\r') ? text.length - 1 : text.length
      const lines = text.slice(0, usable).split(/\r\n|\r|\n/)
      rest = (lines.pop() ?? '') + text.slice(usable)
      for (const one of lines) line(one, atMs)
    },
  }
}
