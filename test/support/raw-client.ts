import { connect } from 'node:net'
import { createHttpReader } from './http-reader.ts'
import { createEventReader, type SeenEvent } from './read-events.ts'

/**
 * How a connection ended for the client: `clean` has its last HTTP chunk or all of its length, `cut` a FIN before that,
 * `reset` an RST, `left` the client's own doing, `gave_up` nothing for as long as it was willing to wait.
 */
export type Ended = 'clean' | 'cut' | 'reset' | 'refused' | 'left' | 'gave_up'

/** What a client saw of one answer. Times are milliseconds since the request was sent. */
export type RawAnswer = {
  /** 0 when no head came. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body read as server-sent events; a JSON body has none. */
  readonly events: readonly SeenEvent[]
  readonly ended: Ended
  readonly headMs: number | undefined
  readonly endMs: number
}

export type RawChat = {
  /** Resolves however the call ends; never rejects. */
  readonly done: Promise<RawAnswer>
  /** Resolves once the server has sent this many events, or the call is over. */
  afterEvents(count: number): Promise<void>
  /** Resolves once the head is there, or the call is over. */
  afterHead(): Promise<void>
  /** Leaves with an RST. */
  reset(): void
  /** Leaves with a FIN, as a process that ends does; what the server sends afterwards is answered with an RST. */
  closePlainly(): void
  /** Reads nothing for a while. */
  pause(): void
  resume(): void
}

export type RawChatOptions = {
  readonly apiKey?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The whole call may take this long. Default 30,000. */
  readonly giveUpMs?: number
  /** Default `/v1/chat/completions`. */
  readonly path?: string
}

/** Posts a chat body over a socket of its own, so that a test sees and does to the connection what fetch would hide. */
export function openChat(baseUrl: string, body: object, options: RawChatOptions = {}): RawChat {
  const { apiKey = 'test-key', giveUpMs = 30_000, path = '/v1/chat/completions', headers = {} } = options
  const { hostname, port } = new URL(baseUrl)
  const payload = Buffer.from(JSON.stringify(body))
  const startedAt = performance.now()
  const elapsed = () => Math.round(performance.now() - startedAt)
  const pieces: Buffer[] = []
  const events = createEventReader()
  const waiting = new Set<{ readonly isThere: () => boolean; readonly resolve: () => void }>()
  let headMs: number | undefined
  let answer: RawAnswer | undefined
  let settle: (answer: RawAnswer) => void = () => {}
  const done = new Promise<RawAnswer>((resolve) => {
    settle = resolve
  })

  const http = createHttpReader((bytes) => {
    pieces.push(bytes)
    events.feed(bytes, elapsed())
  })
  const wake = () => {
    for (const one of waiting) {
      if (!answer && !one.isThere()) continue
      waiting.delete(one)
      one.resolve()
    }
  }
  const until = (isThere: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.add({ isThere, resolve })
      wake()
    })
  const finish = (ended: Ended) => {
    if (answer) return
    clearTimeout(timer)
    const { status = 0, headers: seen = {} } = http.head() ?? {}
    const text = Buffer.concat(pieces).toString()
    answer = {
      status,
      headers: seen,
      body: text,
      events: events.events,
      ended,
      headMs,
      endMs: elapsed(),
    }
    if (ended !== 'left') socket.destroy()
    wake()
    settle(answer)
  }

  const socket = connect({ port: Number(port), host: hostname, noDelay: true })
  const timer = setTimeout(() => finish('gave_up'), giveUpMs)
  socket.on('data', (bytes) => {
    http.feed(bytes)
    if (http.head()) headMs ??= elapsed()
    wake()
    if (http.isComplete()) finish('clean')
  })
  socket.on('end', () => finish(http.isComplete() ? 'clean' : 'cut'))
  socket.on('close', () => finish('cut'))
  socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'))
  const sent = { host: `${hostname}:${port}`, authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const lines = Object.entries({ ...sent, ...headers, 'content-length': String(payload.length) })
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  socket.write(payload)
  return {
    done,
    afterEvents: (count) => until(() => events.events.length >= count),
    afterHead: () => until(() => http.head() !== undefined),
    reset() {
      finish('left')
      socket.resetAndDestroy()
    },
    closePlainly() {
      finish('left')
      socket.destroy()
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  }
}
