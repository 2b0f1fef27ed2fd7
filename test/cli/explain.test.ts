import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { makeProject, type Run, type TestProject } from './support/hugway.ts'

let router: Simulator
let worker: Gateway
let project: TestProject
beforeAll(async () => {
  router = await startSimulator({ tokenDelayMs: 0 })
  const config = {
    agents: { defaults: { models: { 'huggingface/Qwen/Qwen3-32B': { alias: 'Big Qwen' } } } },
    hugway: { routing: { resolve: 'own', explore: 0 } },
  }
  worker = await startGateway({ upstreamUrl: router.url, config })
  project = makeProject()
})
afterAll(async () => {
  await worker.close()
  await router.close()
  project.remove()
})

const at = (...args: string[]): Promise<Run> =>
  project.hugway([...args, '--url', worker.url], { HUGWAY_API_KEY: 'test-key', HUGWAY_ADMIN_TOKEN: 'test-admin-token' })

describe('hugway explain', () => {
  test('prints a route as a person reads it', async () => {
    const { code, out, err } = await at('explain', 'big qwen', '--tools', '--tokens', '5000')
    expect(code, err).toBe(0)
    expect(out).toContain('"big qwen" means huggingface/Qwen/Qwen3-32B (an alias)')
    expect(out).toMatch(/1\. huggingface\/Qwen\/Qwen3-32B:groq {2}\$0\.00\d+, first token 180 ms, 411 tokens\/s/)
    expect(out).toMatch(/huggingface\/Qwen\/Qwen3-32B:ovhcloud {2}skipped: does not take tools/)
    expect(out).toContain('hugway names the provider, ranked by fastest')
  })

  test('knows wishes, and says what they leave', async () => {
    const cheap = await at('explain', 'Qwen/Qwen3-32B', '--provider', '{"sort": "price"}', '--json')
    const { targets } = JSON.parse(cheap.out)
    expect(targets[0]).toMatchObject({ target: 'huggingface/Qwen/Qwen3-32B:novita' })
    const nobody = await at('explain', 'Qwen/Qwen3-32B', '--provider', '{"max_price": {"prompt": 0.001}}')
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('costs more than provider.max_price')])
    expect((await at('explain', '--provider', '{x')).code).toBe(2)
    expect((await at('explain', '--tokens', 'many')).code).toBe(2)
  })
})

test('hugway scoreboard shows what was seen', async () => {
  expect((await at('scoreboard')).out).toBe('nothing has been seen yet\n')
  const response = await fetch(`${worker.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'Big Qwen', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  })
  await response.text()
  const { out } = await at('scoreboard')
  expect(out).toMatch(/^model +provider +seen/)
  expect(out).toMatch(/Qwen\/Qwen3-32B +groq +1 /)
})

test('hugway config diff --replay tells what a draft would change', async () => {
  const models = '"huggingface/Qwen/Qwen3-32B": { alias: "Big Qwen" }'
  const routing = 'routing: { provider: { sort: "price" } }'
  project.write('draft.json5', `{ agents: { defaults: { models: { ${models} } } }, hugway: { ${routing} } }`)
  const { code, out, err } = await at('config', 'diff', 'draft.json5', '--replay')
  expect(code, err).toBe(0)
  expect(out).toMatch(/^the latest 1 request\(s\): 0 would go where they went/)
  expect(out).toContain('1 x Big Qwen: huggingface/Qwen/Qwen3-32B:groq -> huggingface/Qwen/Qwen3-32B:novita')
  expect(out).toMatch(/estimated: \$\d+\.\d+ -> \$\d+\.\d+\n$/)
})
