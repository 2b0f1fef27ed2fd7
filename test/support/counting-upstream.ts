import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** An upstream that reports the largest usage that it may, and knows what it really cost. */
export type CountingUpstream = {
  /** A value for `HF_BASE_URL`. */
  readonly url: string
  /** What every request that came has cost by its price, in nanodollars, whether or not its answer was read. */
  costNanoUsd(): number
  /** The same of answers that were sent to their end. */
  endedNanoUsd(): number
  readonly calls: () => number
  close(): Promise<void>
}

export const COUNTED_MODEL = 'counted/model'
const PRICE = { input: 1, output: 2 }
const NANO_PER_TOKEN = 1_000

/** The router's list, as it stands in KV. */
export const COUNTED_CATALOG = {
  fetchedAt: Date.now(),
  models: [
    {
      id: COUNTED_MODEL,
      object: 'model',
      created: 1,
      owned_by: 'counted',
      providers: [{ provider: 'counter', status: 'live', context_length: 32_768, pricing: PRICE }],
    },
  ],
}

/**
 * @param delayMs How long an answer takes, at most.
 * @param isUseless Whether the answer of this call, counted from 1, says nothing: it costs as much as any other.
 */
export async function startCountingUpstream(
  delayMs = 50,
  isUseless: (call: number) => boolean = () => false,
): Promise<CountingUpstream> {
  let [cost, ended, calls] = [0, 0, 0]
  const answer = async (body: Record<string, unknown>, response: ServerResponse) => {
    const promptTokens = Buffer.byteLength(JSON.stringify(body['messages']))
    const completionTokens = typeof body['max_tokens'] === 'number' ? body['max_tokens'] : 32_768
    const own = (promptTokens * PRICE.input + completionTokens * PRICE.output) * NANO_PER_TOKEN
    calls += 1
    const says = isUseless(calls) ? { content: '' } : { content: 'done', finish_reason: 'stop' }
    cost += own
    await sleep(delayMs * Math.random())
    const usage = { prompt_tokens: promptTokens, completion_tokens: completionTokens }
    const { content, ...finish } = says
    const message = { role: 'assistant', content }
    response.setHeader('x-inference-provider', 'counter')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'x', choices: [{ index: 0, message, ...finish }], usage }))
    ended += own
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.method === 'GET') response.end(JSON.stringify({ object: 'list', data: COUNTED_CATALOG.models }))
    else await answer(JSON.parse(Buffer.concat(chunks).toString()), response)
  })
  server.listen(0, '127.0.0.1', 4_096)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    costNanoUsd: () => cost,
    endedNanoUsd: () => ended,
    calls: () => calls,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
