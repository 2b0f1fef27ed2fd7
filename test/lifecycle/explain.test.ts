import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 0 })
  const config = {
    agents: { defaults: { model: { primary: 'Qwen/Qwen3-32B', fallbacks: ['meta-llama/Llama-3.1-8B-Instruct'] } } },
    hugway: { routing: { resolve: 'own', explore: 0, provider: { ignore: ['hf-inference'] } } },
  }
  gateway = await startGateway({ upstreamUrl: simulator.url, config })
})
afterAll(async () => {
  await gateway.close()
  await simulator.close()
})

const post = (path: string, body: object) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...body }),
  })

/** The targets of an explanation, as the router is asked for them. */
async function explained(body: object): Promise<readonly string[]> {
  const answer = await post('/v1/route/explain', body)
  expect(answer.status).toBe(200)
  const { targets } = (await answer.json()) as { targets: readonly { target: string }[] }
  return targets.map(({ target }) => target.replace('huggingface/', ''))
}

const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

test.each<[what: string, body: object, busy: number]>([
  ['the default model', {}, 0],
  ['a chain whose first two fail', {}, 2],
  ['a stream', { stream: true, model: 'openai/gpt-oss-120b' }, 1],
  ['tools', { model: 'openai/gpt-oss-120b', tools: [TOOL] }, 0],
  ['a wish', { model: 'deepseek-ai/DeepSeek-V3.2', provider: { sort: 'price' } }, 1],
  ['a policy', { model: 'Qwen/Qwen3-8B:cheapest' }, 0],
  ['a request that wants only who is kept out, and one other', { provider: { only: ['hf-inference', 'cerebras'] } }, 0],
])('over HTTP the router is asked what was explained: %s', async (_what, body, busy) => {
  const targets = await explained(body)
  simulator.reset()
  let refused = 0
  simulator.script(({ path }) =>
    path.includes('/chat/') && refused++ < busy ? { fault: 'status', status: 503 } : undefined,
  )
  const answer = await post('/v1/chat/completions', body)
  await answer.text()
  expect(answer.status).toBe(200)
  const asked = simulator.requests.flatMap(({ model }) => model ?? [])
  const inOrder = asked.filter((model, index) => model !== asked[index - 1])
  expect(inOrder).toEqual(targets.slice(0, inOrder.length))
  expect(inOrder).toHaveLength(busy + 1)
})
