import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Writes an answer to a chat completion. */
export type Play = (response: ServerResponse) => Promise<void>

export type ScriptedUpstream = {
  readonly url: string
  /** What answers from now on. */
  play: Play
  /** Answers that are still open. */
  open(): number
  close(): Promise<void>
}

export const WHOLE = JSON.stringify({
  id: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
})

/** An upstream that does what an attack says. `/models` answers whatever `play` does as well. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let open = 0
  const server = createServer((request, response) => {
    open++
    response.once('close', () => open--)
    request.resume()
    request.once('end', () => {
      upstream.play(response).catch(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    play: async (response) => void response.end(WHOLE),
    open: () => open,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return upstream
}

export const event = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

/** Waits until the socket has taken what was written. */
export async function write(response: ServerResponse, bytes: string | Buffer): Promise<void> {
  if (response.destroyed) throw new Error('the gateway has left')
  if (response.write(bytes)) return
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
}

/** So many events, each in a packet of its own, that a well-known source goes to the runtime's pipe. */
export async function begin(response: ServerResponse, provider = 'groq'): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-inference-provider': provider })
  for (let token = 0; token < 60; token++) {
    await write(response, event({ content: `word ${token} ` }))
    await sleep(4)
  }
}

export function finish(response: ServerResponse): void {
  response.end(`${event({}, 'stop')}data: [DONE]\n\n`)
}
