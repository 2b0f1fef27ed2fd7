import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from './answer.ts'
import { answerRequest } from './answer-request.ts'
import { isRecord } from './chat-request.ts'
import { SIMULATED_MODELS } from './models.ts'
import { whole } from './plan-replacement.ts'
import { play } from './play.ts'
import type { Simulator, SimulatorOptions, SimulatorRequest } from './simulator.ts'

/** Bodies over this are answered 413: what Hugging Face itself takes is not known, agents send a few hundred KB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
const CHAT_PATH = /^\/v1\/chat\/completions(\?|$)/

type Seen = { -readonly [Key in keyof SimulatorRequest]: SimulatorRequest[Key] }

/**
 * Starts a stand-in for `https://router.huggingface.co/v1` on a local port.
 *
 * @throws When the port is taken.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', keepRequests = 20_000, keepBodies = true } = options
  const settings = {
    tokenDelayMs: options.tokenDelayMs ?? 20,
    requireToken: options.requireToken ?? false,
    acceptAnyModel: options.acceptAnyModel ?? false,
    models: options.models ?? SIMULATED_MODELS,
  }
  const requests: Seen[] = []
  let scripted: ((request: SimulatorRequest) => Answer | undefined) | undefined
  let open = 0

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = describe(incoming)
    requests.push(seen)
    if (requests.length > keepRequests) requests.shift()
    const isChat = CHAT_PATH.test(seen.path)
    if (isChat) open += 1
    const gone = new AbortController()
    response.on('close', () => {
      seen.closedAt = Date.now()
      seen.closedBy ??= response.writableFinished ? 'simulator' : 'client'
      if (isChat) open -= 1
      gone.abort()
    })
    const { bytes, tooLong } = await readBody(incoming)
    const parsed = tooLong ? undefined : parseJson(bytes)
    seen.bodyText = tooLong ? '' : bytes.toString()
    seen.model = isRecord(parsed) && typeof parsed['model'] === 'string' ? parsed['model'] : undefined
    const ids = { id: randomUUID(), created: Math.floor(Date.now() / 1000) }
    const steps = tooLong
      ? whole(413, '{"error":"Payload too large"}', { 'content-type': 'application/json', connection: 'close' })
      : answerRequest({ seen, body: parsed, scripted: scripted?.(seen), ids, settings })
    if (!keepBodies) seen.bodyText = ''
    const closedBy = await play(steps, response, gone.signal)
    seen.closedBy ??= closedBy
  }

  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0, noDelay: true }, (incoming, response) => {
    handle(incoming, response).catch((error: unknown) => fail(error, response))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}/v1`,
    requests,
    openCount: () => open,
    script(answer) {
      scripted = answer
    },
    reset() {
      scripted = undefined
      requests.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function describe(incoming: IncomingMessage): Seen {
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(headers),
    bodyText: '',
    model: undefined,
    receivedAt: Date.now(),
  }
}

/** Reads to the end even what is too long, so that the client is there to read the answer. */
async function readBody(incoming: IncomingMessage): Promise<{ bytes: Buffer; tooLong: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  const tooLong = length > MAX_BODY_BYTES
  return { bytes: tooLong ? Buffer.alloc(0) : Buffer.concat(chunks), tooLong }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

/** A client that left while it sent its body is no fault of ours; anything else is, and says so. */
function fail(error: unknown, response: ServerResponse): void {
  if (response.destroyed || response.socket?.destroyed) return
  const message = `The simulator itself failed: ${error instanceof Error ? error.message : String(error)}`
  if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'simulator_bug', param: null, code: null } }))
}
