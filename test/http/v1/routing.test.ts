import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { CATALOG_KEY } from '../../../src/kv/schema.ts'
import { offer, MODELS as PRICED } from '../../core/routing/support/question.ts'
import {
  ADMIN_TOKEN,
  ASK,
  errorOf,
  inTurn,
  LEDGER,
  modelOf,
  STREAM,
  sse,
  startGateway,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

const MODELS = [
  ...PRICED.slice(0, 1),
  { id: 'c/d', architecture: { input_modalities: ['text', 'image'] }, providers: [offer('cheap', 1, 1)] },
]
const BUSY = () => new Response('{"error":"busy"}', { status: 500 })
const answer = () => new Response(WHOLE, { headers: { 'content-type': 'application/json' } })

async function start(...args: Parameters<typeof startGateway>) {
  await env.HUGWAY_KV.put(CATALOG_KEY, JSON.stringify({ fetchedAt: Date.now() - 1_000, models: MODELS }))
  return startGateway(...args)
}

describe('what the router is asked for', () => {
  test.each<[provider: object | undefined, asked: string[]]>([
    [undefined, ['a/b']],
    [{ only: ['prompt'] }, ['a/b:prompt']],
    [{ ignore: ['fast'] }, ['a/b:prompt', 'a/b:cheap']],
    [{ order: ['cheap'] }, ['a/b:cheap', 'a/b:fast', 'a/b:prompt']],
    [{ order: ['cheap', 'fast'], allow_fallbacks: false }, ['a/b:cheap', 'a/b:fast']],
    [{ sort: 'price' }, ['a/b:cheap', 'a/b:prompt', 'a/b:fast']],
    [{ sort: 'throughput' }, ['a/b:fast', 'a/b:prompt', 'a/b:cheap']],
    [{ sort: 'latency' }, ['a/b:prompt', 'a/b:fast', 'a/b:cheap']],
    [{ max_price: { completion: 2 } }, ['a/b:cheap']],
    [{ max_price: { prompt: 2 } }, ['a/b:prompt', 'a/b:cheap']],
    [{ sort: 'price', preferred_min_throughput: 40 }, ['a/b:prompt', 'a/b:fast', 'a/b:cheap']],
    [{ sort: 'price', preferred_max_latency: 0.15 }, ['a/b:prompt', 'a/b:cheap', 'a/b:fast']],
  ])('for %j, when everybody fails', async (provider, asked) => {
    const gateway = await start(BUSY)
    await gateway.configure({ agents: { defaults: { model: 'a/b' } }, hugway: { routing: { explore: 0 } } })
    await gateway.chat({ ...ASK, ...(provider && { provider }) })
    expect([...new Set(gateway.calls.map(modelOf))]).toEqual(asked)
    for (const { body } of gateway.calls) expect(JSON.parse(body)).not.toHaveProperty('provider')
  })

  test('require_parameters asks only who is known to take tools', async () => {
    const gateway = await start(answer)
    await gateway.chat({ ...ASK, model: 'a/b', tools: [{}], provider: { require_parameters: true } })
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast'])
  })

  test('models of the request come with the best provider of each first', async () => {
    const gateway = await start(BUSY)
    await gateway.chat({ ...ASK, model: 'a/b', models: ['c/d'], provider: { sort: 'price' } })
    expect([...new Set(gateway.calls.map(modelOf))]).toEqual(['a/b:cheap', 'c/d:cheap', 'a/b:prompt', 'a/b:fast'])
  })

  test('the configuration may choose the providers of every bare ref', async () => {
    const gateway = await start(answer)
    await gateway.configure({ hugway: { routing: { resolve: 'own', explore: 0 } } })
    await gateway.chat({ ...ASK, model: 'a/b' })
    await gateway.chat({ ...ASK, model: 'a/b:cheapest' })
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast', 'a/b:cheapest'])
  })
})

describe('what is refused without asking anybody', () => {
  test.each<[provider: object, status: number, code: string, param: string]>([
    [{ sort: 'quality' }, 400, 'invalid_request', 'provider.sort'],
    [{ data_collection: 'deny' }, 400, 'invalid_request', 'provider.data_collection'],
    [{ zdr: true }, 400, 'invalid_request', 'provider.zdr'],
    [{ quantizations: ['fp8'] }, 400, 'invalid_request', 'provider.quantizations'],
    [{ max_price: { prompt: 0.1 } }, 404, 'no_provider_matches', 'provider'],
    [{ only: ['nobody'] }, 404, 'no_provider_matches', 'provider'],
  ])('%j', async (provider, status, code, param) => {
    const gateway = await start()
    const response = await gateway.chat({ ...STREAM, model: 'a/b', provider })
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject({ code, param, message: expect.stringMatching(/\S/) })
    expect(gateway.calls).toEqual([])
  })

  test('the refusal says what each provider lacks', async () => {
    const gateway = await start()
    const response = await gateway.chat({ ...ASK, model: 'a/b', provider: { max_price: { completion: 1 } } })
    const { message } = await errorOf(response)
    expect(message).toContain('huggingface/a/b:fast (costs more than provider.max_price)')
  })
})

describe('a target that cannot serve', () => {
  const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }]

  test('is passed over before it costs an attempt, and the answer says so', async () => {
    const gateway = await start(() => sse())
    await (await gateway.chat({ ...STREAM, model: 'a/b', tools: [{}] })).text()
    await gateway.settled() // the first request that needs something has the list read, and does not wait for it
    gateway.calls.length = 0
    const response = await gateway.chat({ model: 'a/b', models: ['c/d'], messages: image, stream: true })
    await response.text()
    expect(response.headers.get('x-hugway-skipped')).toBe('huggingface/a/b=no_images')
    expect(gateway.calls.map(modelOf)).toEqual(['c/d'])
  })

  test('is asked all the same when nobody else is left', async () => {
    const gateway = await start(() => sse())
    const response = await gateway.chat({ model: 'a/b', messages: image, stream: true, provider: { sort: 'price' } })
    expect(response.headers.get('x-hugway-skipped')).toContain('no_images')
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:cheap'])
  })
})

test('a conversation stays with the provider that answered it last', async () => {
  const named = (provider: string) => () =>
    new Response(WHOLE, { headers: { 'content-type': 'application/json', 'x-inference-provider': provider } })
  const gateway = await start(inTurn(BUSY, named('prompt'), named('prompt'), named('fast')))
  await gateway.configure({ hugway: { routing: { resolve: 'own', explore: 0 } } })
  const ask = (key: string) => gateway.chat({ ...ASK, model: 'a/b', prompt_cache_key: key })
  await ask('one')
  await ask('one')
  await ask('two')
  expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast', 'a/b:prompt', 'a/b:prompt', 'a/b:fast'])
})

test('who stood first stays there until another is better by a quarter', async () => {
  let speeds = { one: 100, two: 95 }
  const gateway = await start(({ url }) => {
    if (!url.endsWith('/models')) return answer()
    const providers = Object.entries(speeds).map(([provider, throughput]) => ({ provider, status: 'live', throughput }))
    return Response.json({ data: [{ id: 'a/b', providers }] })
  })
  const ask = async (next: typeof speeds) => {
    speeds = next
    await gateway.ask('/admin/catalog/refresh', { method: 'POST', key: ADMIN_TOKEN })
    await gateway.chat({ ...ASK, model: 'a/b', provider: { sort: 'throughput' } })
    return modelOf(gateway.calls.at(-1) ?? { body: '{}' })
  }
  expect(await ask({ one: 100, two: 95 })).toBe('a/b:one')
  expect(await ask({ one: 95, two: 100 })).toBe('a/b:one')
  expect(await ask({ one: 60, two: 100 })).toBe('a/b:two')
  expect(await ask({ one: 100, two: 95 })).toBe('a/b:two')
})

describe('hedging', () => {
  const slowFirst = (provider = 'fast') => {
    return async ({ body }: { body: string }) => {
      if (modelOf({ body }).endsWith(`:${provider}`)) await new Promise((resolve) => setTimeout(resolve, 400))
      return sse()
    }
  }
  const document = { hugway: { routing: { resolve: 'own', explore: 0 }, hedge: { afterMs: 100, maxShare: 1 } } }

  test('asks the second provider beside a first that is slow', async () => {
    const gateway = await start(slowFirst())
    await gateway.configure(document)
    const response = await gateway.chat({ ...STREAM, model: 'a/b' })
    await response.text()
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/a/b:prompt')
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast', 'a/b:prompt'])
    await gateway.settled()
    const line = gateway.logs.map((one) => JSON.parse(one)).find(({ event }) => event === 'chat')
    expect(line).toMatchObject({ hedged: 'huggingface/a/b:fast', attempts: 2, costNanoUsd: expect.any(Number) })
  })

  test.each<[title: string, body: object, headers: Record<string, string>]>([
    ['with an Idempotency-Key', { stream: true }, { 'idempotency-key': 'once' }],
    ['that is not streamed', { stream: false }, {}],
  ])('never asks twice for a request %s', async (_title, body, headers) => {
    const upstream = slowFirst()
    const gateway = await start(async (call) => {
      const stream = await upstream(call)
      return JSON.parse(call.body).stream ? stream : answer()
    })
    await gateway.configure(document)
    await (await gateway.chat({ ...ASK, model: 'a/b', ...body }, headers)).text()
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast'])
  })

  test('never asks twice for a caller whose budget has reserved one call', async () => {
    const gateway = await start(slowFirst(), LEDGER)
    await gateway.configure({
      hugway: { ...document.hugway, projects: { default: { budget: { usd: 5, per: 'month' } } } },
    })
    await (await gateway.chat({ ...STREAM, model: 'a/b', max_tokens: 50 })).text()
    expect(gateway.calls.map(modelOf)).toEqual(['a/b:fast'])
  })
})
