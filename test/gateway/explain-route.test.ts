import { expect, test } from 'vitest'
import type { RouterModel } from '../../src/core/catalog/router-model.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Config } from '../../src/core/config/config.ts'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import { complete } from '../../src/gateway/complete.ts'
import { explainRoute } from '../../src/gateway/explain-route.ts'
import { chatWire } from '../../src/wire/chat/wire.ts'
import { configOf } from '../core/support/refs.ts'
import { createRandom } from '../matrix/random.ts'
import { encode } from '../stream/support/streams.ts'
import { completeDeps } from './support/complete-deps.ts'

/** Time passes only while somebody waits. */
function ownClock(): Clock & { pass(ms: number): void } {
  let now = Date.UTC(2026, 10, 24)
  return {
    now: () => now,
    async wait(ms) {
      now += ms
    },
    timer: () => () => {},
    pass(ms) {
      now += ms
    },
  }
}

const PROVIDERS = ['groq', 'together', 'novita', 'cerebras', 'nscale', 'sambanova']

function randomModels(random: () => number): RouterModel[] {
  return Array.from({ length: 12 }, (_, index) => ({
    id: `org/model-${index}`,
    architecture: { input_modalities: random() < 0.3 ? ['text', 'image'] : ['text'] },
    providers: PROVIDERS.filter(() => random() < 0.6).map((provider) => ({
      provider,
      status: random() < 0.1 ? 'error' : 'live',
      ...(random() < 0.7 && { pricing: { input: random() * 3, output: random() * 9 } }),
      ...(random() < 0.7 && { context_length: 2_000 * 2 ** Math.floor(random() * 6) }),
      ...(random() < 0.7 && { supports_tools: random() < 0.6, supports_structured_output: random() < 0.5 }),
      ...(random() < 0.7 && { first_token_latency_ms: 100 + random() * 2_000, throughput: 5 + random() * 300 }),
    })),
  }))
}

function randomConfig(random: () => number): Config {
  const oneOf = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)]
  const own = { resolve: oneOf(['own', 'router']), policies: oneOf(['own', 'router']), explore: 0 }
  return configOf({
    agents: { defaults: { model: { primary: 'org/model-0', fallbacks: ['org/model-1', 'org/model-2:groq'] } } },
    hugway: { routing: own, models: { 'org/model-1': { routing: { provider: { ignore: ['groq'] } } } } },
  })
}

function randomBody(random: () => number): Record<string, unknown> {
  const some = (names: readonly string[]) => names.filter(() => random() < 0.4)
  const maybe = (share: number, fields: () => object) => (random() < share ? fields() : {})
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  const suffix = ['', '', '', ':fastest', ':cheapest', ':groq'][Math.floor(random() * 6)]
  return {
    model: `org/model-${Math.floor(random() * 14)}${suffix}`,
    messages: [{ role: 'user', content: random() < 0.2 ? [image] : 'x'.repeat(Math.floor(random() * 20_000)) }],
    ...maybe(0.4, () => ({ tools: [{}] })),
    ...maybe(0.2, () => ({ response_format: { type: 'json_object' } })),
    ...maybe(0.3, () => ({ max_tokens: Math.floor(random() * 4_000) })),
    ...maybe(0.2, () => ({ prompt_cache_key: `chat-${Math.floor(random() * 5)}` })),
    ...maybe(0.3, () => ({ models: ['org/model-3', 'org/model-4'] })),
    ...maybe(0.6, () => ({
      provider: {
        ...maybe(0.2, () => ({ order: some(PROVIDERS) })),
        ...maybe(0.2, () => ({ only: some(PROVIDERS) })),
        ...maybe(0.2, () => ({ ignore: some(PROVIDERS) })),
        ...maybe(0.2, () => ({ sort: ['price', 'throughput', 'latency'][Math.floor(random() * 3)] })),
        ...maybe(0.2, () => ({ max_price: { completion: random() * 9 } })),
        ...maybe(0.1, () => ({ allow_fallbacks: false })),
        ...maybe(0.1, () => ({ require_parameters: true })),
      },
    })),
  }
}

test('what was explained is what happens, on 1,000 random requests', async () => {
  const random = createRandom(17)
  const clock = ownClock()
  const models = randomModels(random)
  const stored = { fetchedAt: clock.now(), models }
  let asked: string[] = []
  const send = async (_url: string, { body }: RequestInit) => {
    const { model } = JSON.parse(new TextDecoder().decode(body as Uint8Array<ArrayBuffer>))
    asked.push(`huggingface/${model}`)
    clock.pass(50 + random() * 500)
    if (random() < 0.35) return new Response('{"error":"busy"}', { status: 503 })
    const whole = {
      id: 'x',
      choices: [{ index: 0, message: { role: 'assistant', content: 'y' }, finish_reason: 'stop' }],
    }
    const provider = String(model).split(':')[1] ?? 'groq'
    return Response.json(whole, { headers: { 'x-inference-provider': provider } })
  }
  const deps = {
    ...completeDeps(clock, send),
    catalog: { store: { remembered: () => stored, read: async () => stored } },
    currentModels: async () => models,
    random,
  }
  const configs = Array.from({ length: 5 }, () => randomConfig(random))
  let [own, refused, fellOver] = [0, 0, 0]
  for (let round = 0; round < 1_000; round++) {
    const bytes = encode(JSON.stringify(randomBody(random)))
    const config = configs[round % configs.length] ?? configOf({})
    const ctx = {
      requestId: `request-${round}`,
      startedAt: clock.now(),
      signal: new AbortController().signal,
      waitUntil: () => {},
      config,
      configVersion: 'unversioned',
      caller: DEPLOYMENT_CALLER,
    }
    const request = { body: { read: async () => bytes, letGo: () => {} }, fallback: undefined }
    const explained = await explainRoute(deps, request, ctx).catch((error: Error) => error)
    expect(asked, 'an explanation asks nobody').toEqual([])
    const answer = await complete(deps, { ...request, wire: chatWire }, ctx)
    if (explained instanceof Error) {
      expect([answer.kind, asked]).toEqual(['failed', []])
      refused++
      continue
    }
    const isWell = ({ breaker }: { breaker: string }) => breaker === 'closed' || breaker === 'half_open'
    const [well, open] = [true, false].map((is) =>
      explained.targets.filter((one) => isWell(one) === is).map(({ target }) => target),
    )
    const tried = asked.filter((target, index) => target !== asked[index - 1])
    const regular = tried.slice(0, well?.length)
    expect(regular, JSON.stringify(explained)).toEqual(well?.slice(0, regular.length))
    // When all of those have failed, one whose breaker is open is asked as a last resort.
    expect(open).toEqual(expect.arrayContaining(tried.slice(regular.length)))
    if (explained.models.some(({ resolvedBy }) => resolvedBy === 'own')) own++
    if (tried.length > 1) fellOver++
    asked = []
  }
  // The thousand have all the ways in them.
  expect(Math.min(own, refused, fellOver)).toBeGreaterThan(50)
})
