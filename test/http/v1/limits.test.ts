import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  ASK,
  errorOf,
  type Gateway,
  LEDGER,
  STREAM,
  sse,
  startGateway,
  type Upstream,
  useGateway,
} from '../support/gateway.ts'

useGateway()

/** A lease is kept for some seconds after its last request, and its ledger is emptied before the next test. */
const PATIENCE_MS = 20_000
let running: Gateway | undefined
async function start(upstream: Upstream, settings = LEDGER): Promise<Gateway> {
  running = await startGateway((call) => (call.url.endsWith('/models') ? modelList() : upstream(call)), settings)
  return running
}
const modelList = () => Response.json({ object: 'list', data: [{ id: 'somebody/new', providers: [] }] })
afterEach(() => running?.settled(), PATIENCE_MS)

vi.setConfig({ testTimeout: PATIENCE_MS })

const USAGE = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 }
const MODEL = 'huggingface/Qwen/Qwen3-8B'
/** By the built-in price of Qwen3-8B: 0.05 and 0.2 dollars a million. */
const COST = 100 * 50 + 50 * 200
const whole = (usage: unknown = USAGE) =>
  Response.json({
    id: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage,
  })
const budget = (usd: number, more: object = {}) => ({
  agents: { defaults: { model: MODEL } },
  hugway: { projects: { default: { name: 'Everybody', budget: { usd, per: 'day' }, ...more } } },
})
const stand = async (project = 'default') => {
  const bounds = [{ scope: 'project', budget: { nanoUsd: 1, per: 'day', timeZone: 'UTC' } }] as const
  return (await env.HUGWAY_PROJECTS.getByName(project).report({ kind: 'stands', bounds })).stands?.[0]
}

describe('money', () => {
  test('an answer is booked to the nanodollar, and its cost is told', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(1))
    const response = await gateway.chat({ ...ASK, max_tokens: 100 })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-hugway-cost-usd')).toBe('0.000015000')
    await gateway.settled()
    expect(await stand()).toMatchObject({ spentNanoUsd: COST, heldNanoUsd: 0 })
  })

  test('a budget that is spent is refused in words that gateways know, and nobody is asked', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(0.0001))
    const response = await gateway.chat({ ...ASK, max_tokens: 100_000 })
    expect(response.status).toBe(402)
    expect(await errorOf(response)).toMatchObject({ code: 'insufficient_quota' })
    expect(gateway.calls.filter(({ url }) => url.endsWith('/chat/completions'))).toEqual([])
  })

  test('a budget that affords less than the longest answer limits it, and says so', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(0.001))
    const response = await gateway.chat(ASK)
    expect(response.status).toBe(200)
    const limit = Number(response.headers.get('x-hugway-max-tokens'))
    expect(limit).toBeGreaterThanOrEqual(256)
    const { body } = gateway.calls.find(({ url }) => url.endsWith('/chat/completions')) ?? { body: '{}' }
    expect(JSON.parse(body)).toMatchObject({ max_tokens: limit })
    expect(limit * 200).toBeLessThanOrEqual(1_000_000)
  })

  test.each([
    ['a prompt that only the provider with the longer context takes', 'x'.repeat(60_000)],
    ['a film behind a short link', [{ type: 'video_url', video_url: { url: 'https://example.org/film.mp4' } }]],
  ])('%s is reserved as what it may cost there', async (_what, content) => {
    const offer = (provider: string, context_length: number) => ({
      provider,
      status: 'live',
      context_length,
      pricing: { input: 10, output: 10 },
    })
    const providers = [offer('short', 4_000), offer('long', 200_000)]
    running = await startGateway(
      ({ url }) =>
        url.endsWith('/models') ? Response.json({ object: 'list', data: [{ id: 'a/b', providers }] }) : whole(),
      LEDGER,
    )
    await running.configure(budget(0.3))
    const ask = (text: unknown) =>
      running?.chat({ model: 'a/b', max_tokens: 10, messages: [{ role: 'user', content: text }] })
    expect((await ask(content))?.status).toBe(402)
    expect((await ask('hi'))?.status).toBe(200)
  })

  test('a budget tells when it is nearly used up, and no more once it is removed', async () => {
    const gateway = await start(() => whole({ prompt_tokens: 15_996, completion_tokens: 1 }))
    const spend = async () => {
      expect((await gateway.chat({ ...ASK, model: MODEL, max_tokens: 10 })).status).toBe(200)
      await gateway.settled()
    }
    const alerts = () => gateway.logs.filter((line) => line.includes('budget_alert')).map((line) => JSON.parse(line))
    await gateway.configure(budget(0.001))
    await spend()
    expect(alerts()).toMatchObject([{ scope: 'project', percent: 80, spentNanoUsd: 800_000, limitNanoUsd: 1_000_000 }])
    await gateway.configure({ agents: { defaults: { model: MODEL } } })
    await spend()
    expect((await stand())?.spentNanoUsd).toBe(1_600_000)
    expect(alerts()).toHaveLength(1)
  })

  test('a budget that is far away changes nothing of the request', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(100))
    const response = await gateway.chat(ASK)
    expect(response.headers.get('x-hugway-max-tokens')).toBeNull()
    expect(gateway.calls.map(({ body }) => body).join()).not.toContain('max_tokens')
  })

  test('a model without a price is not free', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(1))
    const response = await gateway.chat({ ...ASK, model: 'somebody/new' })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code: 'unpriced_model' })
  })

  test('a list of prices that nobody can read is not a model without a price', async () => {
    running = await startGateway(() => new Response('no', { status: 500 }), LEDGER)
    await running.configure(budget(1))
    const response = await running.chat({ ...ASK, model: 'somebody/new' })
    expect([response.status, (await errorOf(response)).code]).toEqual([503, 'ledger_unavailable'])
  })

  test('who never waits for an answer pays for the prompts that were read all the same', async () => {
    const gateway = await start(
      ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    )
    await gateway.configure(budget(1))
    const leave = new AbortController()
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(4_000) }] })
    const asked = gateway.ask('/v1/chat/completions', { method: 'POST', body, signal: leave.signal })
    await vi.waitFor(() => expect(gateway.calls.map(({ url }) => url).join()).toContain('/chat/completions'))
    leave.abort()
    await asked.catch(() => 'left')
    await gateway.settled()
    // A thousand tokens and some, at 50 nanodollars each.
    expect((await stand())?.spentNanoUsd).toBeGreaterThan(50_000)
    expect((await stand())?.spentNanoUsd).toBeLessThan(60_000)
    expect((await stand())?.heldNanoUsd).toBe(0)
  })

  test('a stream that told no usage costs an estimate', async () => {
    const gateway = await start(() => sse())
    await gateway.configure(budget(1))
    await (await gateway.chat({ ...STREAM, max_tokens: 100 })).text()
    await gateway.settled()
    const { requests } = await env.HUGWAY_PROJECTS.getByName('default').report({ kind: 'requests', limit: 1 })
    expect(requests).toMatchObject([{ isEstimated: true, end: 'whole', model: MODEL }])
    expect(requests?.[0]?.completionTokens).toBe(2)
    expect(requests?.[0]?.promptTokens).toBeGreaterThan(5)
  })

  test.each<[what: string, usage: unknown, promptTokens: number, completionTokens: number]>([
    ['none', null, 16, 2],
    ['zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, 16, 2],
    ['no token of its words', { prompt_tokens: 7, completion_tokens: 0 }, 7, 2],
    ['no token of its prompt', { completion_tokens: 7 }, 16, 7],
    ['more than any model holds', { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1 }, 16, 2],
  ])(
    'a whole answer that told %s is not free, and ends no budget',
    async (_what, usage, promptTokens, completionTokens) => {
      const gateway = await start(() => whole(usage))
      await gateway.configure(budget(1))
      const response = await gateway.chat({ ...ASK, max_tokens: 100 })
      const cost = promptTokens * 50 + completionTokens * 200
      expect(Number(response.headers.get('x-hugway-cost-usd'))).toBeCloseTo(cost / 1e9, 12)
      await gateway.settled()
      const { requests } = await env.HUGWAY_PROJECTS.getByName('default').report({ kind: 'requests', limit: 1 })
      expect(requests).toMatchObject([{ isEstimated: true, promptTokens, completionTokens, costNanoUsd: cost }])
    },
  )

  test('an answer that was generated and not used is paid for, and so is the one in its place', async () => {
    const [first, second] = [MODEL, 'huggingface/Qwen/Qwen3-32B']
    const says = (content: string) =>
      Response.json({ choices: [{ message: { role: 'assistant', content } }], usage: USAGE })
    const gateway = await start((call) => says(call.body.includes('Qwen3-8B') ? '' : 'Hello'))
    await gateway.configure({ ...budget(10), agents: { defaults: { model: { primary: first, fallbacks: [second] } } } })
    const response = await gateway.chat({ ...ASK, max_tokens: 100 })
    const ofSecond = 100 * 290 + 50 * 590
    expect(response.headers.get('x-hugway-target')).toBe(second)
    expect(Number(response.headers.get('x-hugway-cost-usd'))).toBeCloseTo((COST + ofSecond) / 1e9, 12)
    await gateway.settled()
    expect(await stand()).toMatchObject({ spentNanoUsd: COST + ofSecond, heldNanoUsd: 0 })
    const ledger = env.HUGWAY_PROJECTS.getByName('default')
    const range = { from: 0, to: 9e15 - (9e15 % 3_600_000) }
    const { usage } = await ledger.report({ kind: 'usage', ...range, by: ['model'] })
    expect(usage?.rows).toMatchObject([
      { model: second, requests: 1, promptTokens: 100, costNanoUsd: ofSecond, estimated: 0 },
      { model: first, requests: 0, promptTokens: 100, costNanoUsd: COST, unpriced: 0 },
    ])
  })

  test('where every answer was useless, each of them is paid for', async () => {
    const gateway = await start(() => Response.json({ choices: [{ message: { content: '' } }], usage: USAGE }))
    await gateway.configure(budget(10))
    expect((await gateway.chat({ ...ASK, max_tokens: 100 })).status).toBe(502)
    await gateway.settled()
    expect(await stand()).toMatchObject({ spentNanoUsd: COST, heldNanoUsd: 0 })
  })

  test('a stream that was cut before it said anything costs the prompt, as an estimate', async () => {
    const begun = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
    const gateway = await start(() => sse(begun))
    await gateway.configure(budget(1))
    await (await gateway.chat({ ...STREAM, messages: [{ role: 'user', content: 'x'.repeat(4_000) }] })).text()
    await gateway.settled()
    expect((await stand())?.spentNanoUsd).toBeGreaterThan(50_000)
    expect((await stand())?.spentNanoUsd).toBeLessThan(60_000)
    const { requests } = await env.HUGWAY_PROJECTS.getByName('default').report({ kind: 'requests', limit: 1 })
    expect(requests).toMatchObject([{ isEstimated: true, hasUsage: false, unused: [{ model: MODEL }] }])
  })

  test('an answer that failed before it began costs nothing', async () => {
    const gateway = await start(() => new Response('no', { status: 500 }))
    await gateway.configure(budget(1))
    await gateway.chat({ ...ASK, max_tokens: 100 })
    await gateway.settled()
    expect(await stand()).toMatchObject({ spentNanoUsd: 0, heldNanoUsd: 0 })
  })
})

describe('a budget that is spent, on the other surfaces', () => {
  const ask = async (path: string, body: object) => {
    const gateway = await start(() => whole())
    await gateway.configure(budget(0))
    const headers = { 'content-type': 'application/json' }
    return gateway.ask(path, { method: 'POST', headers, body: JSON.stringify({ model: MODEL, ...body }) })
  }

  test('is no 402 where Codex would send it five times again', async () => {
    const response = await ask('/v1/responses', { input: 'hi' })
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false'])
    expect(await errorOf(response)).toMatchObject({ code: 'insufficient_quota' })
  })

  test('is a 402 of the Messages API', async () => {
    const response = await ask('/v1/messages', { max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] })
    expect(response.status).toBe(402)
  })
})

test('a budgeted client that wants no usage cannot hide what it used', async () => {
  const gateway = await start(() => sse())
  await gateway.configure(budget(1))
  const response = await gateway.chat({ ...STREAM, max_tokens: 9, stream_options: { include_usage: false } })
  await response.text()
  const { body } = gateway.calls.find(({ url }) => url.endsWith('/chat/completions')) ?? { body: '{}' }
  expect(JSON.parse(body)).toMatchObject({ stream_options: { include_usage: true } })
})

test('a limit that cannot be read is no smaller limit', async () => {
  const gateway = await start(() => whole())
  await gateway.configure(budget(0.0001))
  const body = `{"messages":[{"role":"user","content":"hi"}],"max_tokens":1,"max_completion_tokens":100000.${'0'.repeat(40)}}`
  expect((await gateway.chat(body)).status).toBe(402)
})

describe('rates', () => {
  test('are told in the headers that clients read, and refuse with the time to wait', async () => {
    const gateway = await start(() => whole())
    await gateway.configure({ hugway: { projects: { default: { limits: { requestsPerMinute: 2 } } } } })
    const first = await gateway.chat(ASK)
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    expect(first.headers.get('x-ratelimit-reset-requests')).toBe('30s')
    await gateway.chat(ASK)
    const third = await gateway.chat(ASK)
    expect(third.status).toBe(429)
    expect(await errorOf(third)).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' })
    expect(third.headers.get('retry-after')).toBe('30')
    expect(third.headers.get('x-should-retry')).not.toBe('false')
    expect(third.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(third.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(third.headers.get('x-ratelimit-reset-requests')).toMatch(/^(?:30|29.\d)s$/)
  })
})

test('a key with one request at once has its slot back when its answer ends, not when a new isolate has read the prices', async () => {
  const SLOW_MS = 1_500
  const { HUGWAY_KV: kv } = env
  const get = async (key: string, type: 'json') => {
    if (key === 'catalog:v1') await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    return kv.get(key, type)
  }
  const slow = new Proxy(kv, { get: (_, name) => (name === 'get' ? get : Reflect.get(kv, name).bind(kv)) })
  const answerMs = [SLOW_MS + 200, 0]
  const gateway = await start(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, answerMs.shift()))
      return whole()
    },
    { ...LEDGER, HUGWAY_KV: slow },
  )
  await env.HUGWAY_KV.put(
    'config',
    JSON.stringify({ hugway: { projects: { default: { limits: { concurrent: 1 } } } } }),
  )
  expect((await gateway.chat({ ...ASK, model: MODEL })).status).toBe(200)
  const at = Date.now()
  expect((await gateway.chat({ ...ASK, model: MODEL })).status).toBe(200)
  expect(Date.now() - at).toBeLessThan(SLOW_MS / 2)
})

test('rates are told to clients of the Messages API in their own headers, and refuse in their own envelope', async () => {
  const gateway = await start(() => whole())
  await gateway.configure({ hugway: { projects: { default: { limits: { requestsPerMinute: 1 } } } } })
  const send = () => gateway.ask('/v1/messages', { method: 'POST', body: JSON.stringify({ ...ASK, max_tokens: 9 }) })
  const first = await send()
  expect(first.headers.get('anthropic-ratelimit-requests-limit')).toBe('1')
  expect(first.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
  expect(Date.parse(first.headers.get('anthropic-ratelimit-requests-reset') ?? '')).toBeGreaterThan(Date.now())
  const second = await send()
  expect([second.status, second.headers.has('retry-after')]).toEqual([429, true])
  expect(second.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
  expect(await second.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
})

describe('models', () => {
  const project = (models: string[]) => ({
    agents: { defaults: { model: { primary: MODEL, fallbacks: ['openai/gpt-oss-120b'] } } },
    hugway: { projects: { default: { models } } },
  })

  test('that a key may not use do not exist for it, and it is told what does', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(project(['Qwen/*']))
    const response = await gateway.chat({ ...ASK, model: 'openai/gpt-oss-120b' })
    expect(response.status).toBe(404)
    const { code, message } = await errorOf(response)
    expect(code).toBe('model_not_found')
    expect(message).toContain('It may use: Qwen/*.')
    expect(gateway.calls.filter(({ url }) => url.endsWith('/chat/completions'))).toEqual([])
  })

  test('of a chain are skipped by name', async () => {
    const gateway = await start(() => whole())
    await gateway.configure(project(['openai/gpt-oss-120b']))
    const response = await gateway.chat(ASK)
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/openai/gpt-oss-120b')
    expect(response.headers.get('x-hugway-skipped')).toBe(`${MODEL}=not_allowed`)
  })
})

test('who pays is the project’s to say', async () => {
  const gateway = await start(() => whole())
  await gateway.configure({ hugway: { projects: { default: { billTo: 'acme' } } } })
  await gateway.chat(ASK)
  expect(gateway.calls.at(-1)?.headers.get('x-hf-bill-to')).toBe('acme')
})

test('a caller without bounds makes no call before its answer, and is booked', async () => {
  const gateway = await start(() => whole())
  const response = await gateway.chat({ ...ASK, model: MODEL })
  expect(response.status).toBe(200)
  await gateway.settled()
  const { usage } = await env.HUGWAY_PROJECTS.getByName('default').report({
    kind: 'usage',
    from: 0,
    to: 9e15 - (9e15 % 3_600_000),
    by: ['key', 'model'],
  })
  expect(usage?.rows).toMatchObject([{ key: 'deployment', model: MODEL, requests: 1, costNanoUsd: COST }])
})

describe('a deployment without the binding', () => {
  test('goes on without limits, and says so once', async () => {
    const gateway = await start(() => whole(), {})
    await gateway.configure(budget(0))
    expect((await gateway.chat(ASK)).status).toBe(200)
    expect((await gateway.chat(ASK)).status).toBe(200)
    expect(gateway.logs.filter((line) => line.includes('limits_not_held'))).toHaveLength(1)
  })
})
