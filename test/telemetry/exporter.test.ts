import { describe, expect, test } from 'vitest'
import type { CompletionRecord } from '../../src/core/completion-record.ts'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import { createTelemetry } from '../../src/telemetry/telemetry.ts'
import { attributesOf, listOf, problemsOf, spansIn } from './collector.ts'

const START = 1_764_000_000_000

const RECORD: CompletionRecord = {
  id: 'made',
  requestId: 'mine-1',
  startedAt: START,
  surface: 'chat',
  caller: { ...DEPLOYMENT_CALLER, kind: 'key', keyId: 'k_1', name: 'laptop', project: 'search' },
  askedModel: 'fast',
  stream: true,
  held: false,
  target: 'b/second',
  provider: 'groq',
  attempts: 2,
  failedAttempts: [
    { target: 'c/skipped', reason: 'overloaded', message: 'skipped, its breaker is open', skipped: true },
    { target: 'a/first', reason: 'rate_limited', status: 429, message: 'the prompt was: SECRET' },
  ],
  end: 'whole',
  firstTokenMs: 250,
  durationMs: 1_000,
  usage: { promptTokens: 10, completionTokens: 20, cachedTokens: 4 },
  costNanoUsd: 1_500_000,
  configVersion: 'v1',
  shape: { promptBytes: 40, maxTokens: 99, hasTools: false, hasImages: false, wantsStructuredOutput: false },
  trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', parentSpanId: 'a'.repeat(16) },
  upstreamCalls: [
    { spanId: 'b'.repeat(16), target: 'a/first', startedAt: START + 1, endedAt: START + 90, status: 429 },
    { spanId: 'c'.repeat(16), target: 'b/second', startedAt: START + 91, status: 200 },
  ],
}

/** A collector that answers by `statuses`, 200 at last, and a clock that is moved by hand. */
function start(...statuses: (number | 'down')[]) {
  let now = START
  const waits: { at: number; resolve: () => void }[] = []
  const clock = {
    now: () => now,
    wait: (ms: number) => new Promise<void>((resolve) => waits.push({ at: now + ms, resolve })),
    timer: () => () => {},
  }
  const sent: { url: string; headers: Headers; body: unknown }[] = []
  const work: Promise<unknown>[] = []
  const lines: Record<string, unknown>[] = []
  const fetch = async (url: string, init: RequestInit) => {
    sent.push({ url, headers: new Headers(init.headers), body: JSON.parse(String(init.body)) })
    const status = statuses[sent.length - 1] ?? 200
    if (status === 'down') throw new TypeError('refused')
    return new Response('{}', { status })
  }
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
  const log = (event: string, fields?: Readonly<Record<string, unknown>>) => void lines.push({ event, ...fields })
  const telemetry = createTelemetry(
    { fetch, randomBytes, clock, log },
    { url: 'https://collector.test/v1/traces', headers: { authorization: 'Basic abc' } },
  )
  const pass = async (ms: number) => {
    now += ms
    for (const wait of waits.splice(0)) wait.at <= now ? wait.resolve() : waits.push(wait)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return {
    add: (record = RECORD) => telemetry.add(record, (one) => void work.push(one)),
    sent,
    lines,
    work,
    pass,
    forgetWaits: () => waits.splice(0),
  }
}

test('a completion is one span and each attempt one below it, in a shape that a strict collector takes', async () => {
  const { add, pass, sent } = start()
  add()
  await pass(5_000)
  expect(sent.map(({ url }) => url)).toEqual(['https://collector.test/v1/traces'])
  expect(sent[0]?.headers.get('authorization')).toBe('Basic abc')
  expect(sent[0]?.headers.get('content-type')).toBe('application/json')
  expect(problemsOf(sent[0]?.body)).toEqual([])
  const [completion, first, second] = spansIn(sent[0]?.body)
  expect(completion).toMatchObject({ name: 'chat fast', spanId: '00f067aa0ba902b7', parentSpanId: 'a'.repeat(16) })
  expect(attributesOf(completion)).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'huggingface',
    'gen_ai.request.model': 'fast',
    'gen_ai.response.model': 'b/second',
    'gen_ai.usage.input_tokens': '10',
    'gen_ai.usage.output_tokens': '20',
    'gen_ai.response.time_to_first_chunk': 0.25,
    'hugway.project': 'search',
    'hugway.key.name': 'laptop',
    'hugway.cost.usd': 0.0015,
  })
  expect(first).toMatchObject({ name: 'attempt a/first', parentSpanId: '00f067aa0ba902b7', status: { code: 2 } })
  expect(attributesOf(first)).toMatchObject({ 'error.type': 'rate_limited', 'http.response.status_code': '429' })
  expect(second).toMatchObject({ name: 'attempt b/second', status: {} })
  expect(second?.['endTimeUnixNano']).toBe(completion?.['endTimeUnixNano'])
})

test('of two calls at once the one that failed is the one that the report names', async () => {
  const { add, pass, sent } = start()
  const report = { target: 'b/second', reason: 'overloaded', message: 'busy' } as const
  add({ ...RECORD, target: 'a/first', failedAttempts: [report] })
  await pass(5_000)
  const [, first, second] = spansIn(sent[0]?.body)
  expect(first).toMatchObject({ name: 'attempt a/first', status: {} })
  expect(second).toMatchObject({ name: 'attempt b/second', status: { code: 2 } })
})

test('what an upstream said, which may quote a prompt, is in no span', async () => {
  const { add, pass, sent } = start()
  add()
  await pass(5_000)
  expect(JSON.stringify(sent)).not.toContain('SECRET')
})

describe('an end', () => {
  test.each([
    ['whole', false],
    ['client_gone', false],
    ['cut', true],
    ['all_failed', true],
    ['not_admitted', true],
  ] as const)('%s is an error: %s', async (end, isError) => {
    const { add, pass, sent } = start()
    add({ ...RECORD, end })
    await pass(5_000)
    expect(spansIn(sent[0]?.body)[0]?.['status']).toEqual(isError ? { code: 2, message: end } : {})
  })
})

describe('a batch', () => {
  test('is sent once for all that came in five seconds', async () => {
    const { add, pass, sent, work } = start()
    for (let count = 0; count < 10; count++) add()
    await pass(4_999)
    expect(sent).toEqual([])
    await pass(1)
    expect(sent.length).toBe(1)
    expect(spansIn(sent[0]?.body).length).toBe(30)
    expect(work.length).toBe(1)
  })

  test('that is full is sent at once', async () => {
    const { add, pass, sent } = start()
    for (let count = 0; count < 34; count++) add()
    await pass(0)
    expect(spansIn(sent[0]?.body).length).toBe(102)
  })

  test('whose request the runtime ended is taken along by the next', async () => {
    const { add, pass, sent, forgetWaits } = start()
    add()
    forgetWaits()
    await pass(11_000)
    expect(sent).toEqual([])
    add()
    await pass(5_000)
    expect(spansIn(sent[0]?.body).length).toBe(6)
  })
})

describe('spans that are lost', () => {
  test.each([
    ['a collector that refuses', 503, 'status 503'],
    ['a collector that is down', 'down', 'unreachable'],
  ] as const)('by %s are counted, logged, and told with the next batch', async (_what, status, reason) => {
    const { add, pass, sent, lines } = start(status)
    add()
    await pass(5_000)
    expect(lines).toEqual([{ event: 'spans_lost', spans: 3, lostSpans: 3, reason }])
    add()
    await pass(5_000)
    const scope = listOf(listOf(sent[1]?.body, 'resourceSpans')[0], 'scopeSpans')[0] as { scope: unknown }
    expect(attributesOf(scope.scope)).toEqual({ 'hugway.telemetry.lost_spans': '3' })
  })
})

test('a record of no trace is not exported', async () => {
  const { add, pass, sent } = start()
  const { trace: _trace, ...untraced } = RECORD
  add(untraced)
  await pass(10_000)
  expect(sent).toEqual([])
})
