import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What an upstream does, in order: writes a text as it stands, pauses for so many milliseconds, or ends the connection. */
export type Step = string | number | { readonly end: 'clean' | 'cut' | 'reset' | 'hang' }

export type Behaviour = {
  readonly steps: readonly Step[]
  readonly stream?: boolean
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly headersAfterMs?: number
}

export type Steps = {
  /** The base URL of the upstream. */
  readonly url: string
  /** Sets what a model does from now on. */
  play(model: string, behaviour: Behaviour): void
  /** How often a model was asked. */
  askedFor(model: string): number
  close(): Promise<void>
}

/** Starts an upstream that plays steps, by the model it is asked for. */
export async function startSteps(): Promise<Steps> {
  const behaviours = new Map<string, Behaviour>()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const model = String((JSON.parse(Buffer.concat(pieces).toString() || '{}') as { model?: string }).model)
    asked.push(model)
    await answer(response, behaviours.get(model) ?? { steps: [], status: 404 })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    play: (model, behaviour) => void behaviours.set(model, behaviour),
    askedFor: (model) => asked.filter((one) => one === model).length,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(response: ServerResponse, behaviour: Behaviour): Promise<void> {
  const { steps, status = 200, headersAfterMs, stream = true } = behaviour
  const type = stream && status === 200 ? 'text/event-stream' : 'application/json'
  if (headersAfterMs) await sleep(headersAfterMs)
  response.writeHead(status, { 'content-type': type, ...behaviour.headers })
  response.flushHeaders()
  for (const step of steps) {
    if (response.destroyed) return
    if (typeof step === 'number') await sleep(step)
    else if (typeof step === 'string') response.write(step)
    else if (step.end === 'hang') return
    else if (step.end === 'reset') return void (await sleep(20).then(() => response.socket?.resetAndDestroy()))
    else if (step.end === 'cut') return void (await sleep(20).then(() => response.destroy()))
  }
  response.end()
}
