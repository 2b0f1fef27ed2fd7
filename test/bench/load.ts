import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** One call of a load, as its client saw it. Times are milliseconds since it was sent. */
export type Answered = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: number
  /** Events of a stream; 0 for any other answer. */
  readonly events: number
  /** Whether the last bytes were those of a stream's end. */
  readonly hasEnd: boolean
  readonly firstMs: number
  readonly totalMs: number
  /** For each token: how long it took from the upstream's write to here, however many came in one piece. */
  readonly delaysMs: readonly number[]
}

export type Call = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether to look for the time at which each token was sent; costs the client some work. */
  readonly readDelays?: boolean
  /** The last bytes of a whole stream; those of a chat unless given. */
  readonly end?: Buffer
}

const BLANK_LINE = Buffer.from('\n\n')
const DONE = Buffer.from('data: [DONE]\n\n')
const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })

/** Makes `count` calls, `atOnce` of them at any time; `callOf` says what each of them is. @throws When one breaks. */
export async function makeCalls(count: number, atOnce: number, callOf: (index: number) => Call): Promise<Answered[]> {
  const answers: Answered[] = []
  let next = 0
  const work = async () => {
    while (next < count) answers.push(await makeCall(callOf(next++)))
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
  return answers
}

/** Makes one call and reads its answer to the end. */
export function makeCall({ url, method, headers, body, readDelays, end = DONE }: Call): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const startedAt = performance.now()
  const sent = request(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
    let [bytes, events, firstMs] = [0, 0, 0]
    let tail: Buffer = Buffer.alloc(0)
    const delaysMs: number[] = []
    let line = ''
    response.on('data', (piece: Buffer) => {
      if (bytes === 0) firstMs = performance.now() - startedAt
      bytes += piece.byteLength
      const before = tail
      tail = Buffer.concat([before, piece]).subarray(-end.byteLength)
      events += countEvents(before.at(-1) === 0x0a ? Buffer.concat([before.subarray(-1), piece]) : piece)
      if (!readDelays) return
      line += piece.toString('latin1')
      const whole = line.lastIndexOf('\n') + 1
      delaysMs.push(...delaysOf(line.slice(0, whole)))
      line = line.slice(whole)
    })
    response.on('end', () => {
      const totalMs = performance.now() - startedAt
      const hasEnd = tail.equals(end)
      const { statusCode: status = 0, headers: received } = response
      resolve({ status, headers: received, bytes, events, hasEnd, firstMs, totalMs, delaysMs })
    })
    response.on('error', reject)
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

function countEvents(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(BLANK_LINE); at !== -1; at = piece.indexOf(BLANK_LINE, at + 2)) count++
  return count
}

/** See `eventText` in `shape.ts`. */
function delaysOf(lines: string): number[] {
  const now = performance.timeOrigin + performance.now()
  return [...lines.matchAll(/"content":" t(\d+\.\d+)"/g)].map(([, sentAt]) => now - Number(sentAt))
}
