import { connect } from 'node:net'

/** What a client saw on a bare socket: every byte, and how the connection ended. */
export type Seen = {
  readonly text: string
  readonly bytes: Buffer
  /** Reads in which the body's bytes came. */
  readonly reads: readonly Buffer[]
  /** `reset` is an RST, `closed` a FIN, `open` that neither came before the client gave up. */
  readonly ended: 'reset' | 'closed' | 'open'
  /** The body has its last HTTP chunk (or all of its content-length). */
  readonly complete: boolean
}

/** Posts a chat body over a socket of its own and reads until the server closes it or `giveUpMs` pass in silence. */
export function postRaw(url: string, body: object, giveUpMs = 250): Promise<Seen> {
  const { hostname, port } = new URL(url)
  const payload = Buffer.from(JSON.stringify(body))
  return new Promise((resolve) => {
    const reads: Buffer[] = []
    const socket = connect(Number(port), hostname)
    const finish = (ended: Seen['ended']) => {
      clearTimeout(silence)
      socket.destroy()
      const bytes = Buffer.concat(reads)
      const text = bytes.toString()
      const complete = text.endsWith('\r\n0\r\n\r\n') || isWholeByLength(bytes)
      resolve({ text, bytes, reads, ended, complete })
    }
    let silence = setTimeout(() => finish('open'), giveUpMs)
    socket.on('data', (chunk) => {
      reads.push(chunk)
      clearTimeout(silence)
      silence = setTimeout(() => finish('open'), giveUpMs)
    })
    socket.on('end', () => finish('closed'))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNRESET' ? 'reset' : 'closed'))
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${payload.length}\r\n\r\n`,
    )
    socket.write(payload)
  })
}

function isWholeByLength(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(bytes.subarray(0, Math.max(0, headEnd)).toString())?.[1]
  return headEnd !== -1 && length !== undefined && bytes.length === headEnd + 4 + Number(length)
}

/** Waits until `check` holds; fails the test with its text after two seconds. */
export async function until(check: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 2000
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`Not within 2 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A chat body for a model of the simulator's list. */
export function chat(more: object = {}) {
  return { model: 'Qwen/Qwen3-8B', messages: [{ role: 'user', content: 'hi' }], ...more }
}

/** Posts with fetch. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** The parts of an answer that the tests read; which of them are there depends on what was asked. */
export type AnswerBody = {
  readonly object: string
  readonly choices: readonly [Choice, ...Choice[]]
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number }
  readonly error: { readonly code: string }
  readonly data: readonly { readonly providers: readonly object[] }[]
}
type Choice = { readonly finish_reason: string; readonly message: Message }
type Message = {
  readonly content: string
  readonly reasoning_content: string
  readonly tool_calls: readonly [{ readonly id: string; readonly function: { name: string; arguments: string } }]
}

/** Reads a body as JSON. */
export async function readBody(response: Response): Promise<AnswerBody> {
  return (await response.json()) as AnswerBody
}
