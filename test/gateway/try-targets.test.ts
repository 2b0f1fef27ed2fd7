import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import type { Failure } from '../../src/core/failure.ts'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import type { AttemptEnd } from '../../src/core/routing/breaker.ts'
import { formatModelRef } from '../../src/core/routing/model-ref.ts'
import { type AttemptJournal, type ChainRequest, tryTargets } from '../../src/gateway/try-targets.ts'
import { createRedact } from '../../src/huggingface/redact.ts'
import { createRouterClient } from '../../src/huggingface/router-client.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { refOf } from '../core/support/refs.ts'

const WHOLE = '{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}'
type Answer = () => Response | Promise<Response>
const ok: Answer = () => new Response(WHOLE)
const status =
  (code: number, message = 'no', headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json({ error: message }, { status: code, headers })
const reset: Answer = () => Promise.reject(new TypeError('reset'))
const TOO_LONG = "This model's maximum context length is 10 tokens"

const STARTED_AT = 1_000_000
const TIMEOUT: AttemptEnd = { kind: 'failure', reason: 'timeout', weight: 'full' }

/** A clock that jumps to the end of every wait of the chain's own, and keeps how long each was. */
function jumpingClock() {
  const waits: number[] = []
  let nowMs = STARTED_AT
  const clock: Clock = {
    now: () => nowMs,
    // Time limits, which none of these answers reaches.
    timer: () => () => {},
    wait: async (ms) => {
      waits.push(ms)
      nowMs += ms
    },
  }
  return { clock, waits }
}

/** A chain of `a/0`, `a/1` and so on, whose targets answer what is planned for each, one answer after the other. */
function start(plans: Answer[][], over: Partial<ChainRequest> = {}) {
  const { clock, waits } = jumpingClock()
  const asked: string[] = []
  const left = new Map(plans.map((plan, index) => [`a/${index}`, [...plan]]))
  const send = async (_url: string, init: RequestInit) => {
    const model = await new Response(init.body).text()
    asked.push(model)
    const answer = left.get(model)?.shift()
    if (!answer) throw new Error(`nothing is planned for this request to ${model}`)
    return answer()
  }
  const router = createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined })
  const breakers = createCircuitBreakers(createBreakerMemory(), clock)
  const chain: ChainRequest = {
    targets: plans.map((_, index) => refOf(`a/${index}`)),
    bodyFor: (model) => new TextEncoder().encode(model),
    stream: false,
    choiceCount: 1,
    timeoutsOf: () => ({ headersMs: 1_000, firstTokenMs: 1_000, idleMs: 1_000, totalMs: 10_000 }),
    contextLengths: async () => () => undefined,
    deadlineAt: clock.now() + 10_000,
    maxCalls: 8,
    ...over,
  }
  const gone = new AbortController()
  const deps = { router, redact: createRedact(undefined), breakers, clock, random: () => 0, newId: () => 'made' }
  const journal: AttemptJournal = { calls: 0, failedAttempts: [], unusedAnswers: [] }
  const run = () => tryTargets(deps, chain, journal, { signal: gone.signal, caller: DEPLOYMENT_CALLER })
  return { run, asked, waits, breakers, gone, clock, journal }
}

const failureOf = (run: () => Promise<unknown>): Promise<Failure> =>
  run().then(
    () => Promise.reject(new Error('it answered')),
    (error: { failure: Failure }) => error.failure,
  )

describe('how often each target is asked', () => {
  test.each<[title: string, plans: Answer[][], asked: string[], waits: number[]]>([
    ['one that answers, once', [[ok], [ok]], ['a/0'], []],
    ['one that fails, once, where another is left', [[status(503)], [ok]], ['a/0', 'a/1'], []],
    ['the last that is busy, twice, with a pause', [[status(503), ok]], ['a/0', 'a/0'], [100]],
    ['the last that resets, twice, with a pause', [[status(500)], [reset, ok]], ['a/0', 'a/1', 'a/1'], [100]],
    [
      'one that says how long to wait, after that long',
      [[status(429, 'x', { 'retry-after': '1' }), ok], [ok]],
      ['a/0', 'a/0'],
      [1_100], // and some jitter
    ],
    [
      'one that says it twice, not a third time',
      [[status(429, 'x', { 'retry-after': '1' }), status(429, 'x', { 'retry-after': '1' })], [ok]],
      ['a/0', 'a/0', 'a/1'],
      [1_100],
    ],
    ['one that wants a long wait, once', [[status(429, 'x', { 'retry-after': '60' })], [ok]], ['a/0', 'a/1'], []],
  ])('%s', async (_title, plans, asked, waits) => {
    const chain = start(plans)
    const won = await chain.run()
    expect(chain.asked).toEqual(asked)
    expect(chain.waits).toEqual(waits)
    expect(won.attempts).toBe(asked.length)
    expect(formatModelRef(won.target)).toBe(`huggingface/${asked.at(-1)}`)
  })
})

describe('a conversation that is too long', () => {
  const lengths: ChainRequest['contextLengths'] = async () => (ref) =>
    ({ 'a/0': 10, 'a/1': 8, 'a/2': 20 })[String(ref.id)]

  test('goes to a target that holds more, past those that do not', async () => {
    const { run, asked, breakers } = start([[status(400, TOO_LONG)], [], [ok]], { contextLengths: lengths })
    await run()
    expect(asked).toEqual(['a/0', 'a/2'])
    expect(breakers.report().map(({ consecutiveFailures }) => consecutiveFailures)).not.toContain(1)
  })

  test.each<[title: string, plans: Answer[][]]>([
    ['where no target holds more', [[status(400, TOO_LONG)], []]],
    ['where there is no other', [[status(400, TOO_LONG)]]],
  ])('%s, is told as such', async (_title, plans) => {
    const { run } = start(plans, { contextLengths: lengths })
    expect(await failureOf(run)).toEqual({ kind: 'context_overflow', message: TOO_LONG })
  })
})

describe('when nobody answers', () => {
  test('each target’s reason is kept, and the shortest wait', async () => {
    const { run } = start([
      [status(429, 'slow', { 'retry-after': '60' })],
      [status(503, 'busy', { 'retry-after': '30' })],
      [status(402, 'broke')],
    ])
    expect(await failureOf(run)).toEqual({
      kind: 'all_attempts_failed',
      retryAfterMs: 30_000,
      attempts: [
        { target: 'huggingface/a/0', reason: 'rate_limited', status: 429, message: 'slow', retryAfterMs: 60_000 },
        { target: 'huggingface/a/1', reason: 'overloaded', status: 503, message: 'busy', retryAfterMs: 30_000 },
        { target: 'huggingface/a/2', reason: 'billing', status: 402, message: 'broke' },
      ],
    })
  })

  test.each<[title: string, plans: Answer[][]]>([
    ['not every target that may recover names one', [[status(429, 'x', { 'retry-after': '60' })], [status(503)]]],
    ['only one that will not recover names one', [[status(402, 'x', { 'retry-after': '60' })], [status(402)]]],
  ])('no time to come back at is told where %s', async (_title, plans) => {
    expect(await failureOf(start(plans).run)).not.toHaveProperty('retryAfterMs')
  })

  test('a conversation too long for the fallback does not hide that the primary was busy', async () => {
    const { run } = start([[status(503)], [status(400, TOO_LONG)]])
    expect(await failureOf(run)).toMatchObject({ kind: 'all_attempts_failed' })
  })

  test('no further target is asked once the time is spent', async () => {
    const { run, asked } = start([[status(500)], [ok]], { deadlineAt: STARTED_AT })
    expect(await failureOf(run)).toMatchObject({ kind: 'all_attempts_failed' })
    expect(asked).toEqual(['a/0'])
  })

  test('with every breaker open, the least bad is asked, and the others are told as skipped', async () => {
    const { run, asked, breakers } = start([[status(500)], []])
    for (const target of ['a/1', 'a/0'])
      for (let failure = 0; failure < 5; failure++) breakers.record(refOf(target), DEPLOYMENT_CALLER.keyId, TIMEOUT)
    expect(await failureOf(run)).toMatchObject({
      attempts: [
        { target: expect.any(String), reason: 'overloaded', message: expect.stringContaining('timeout') },
        { target: 'huggingface/a/0', reason: 'server_error' },
      ],
    })
    expect(asked).toHaveLength(1)
  })
})

describe('attempts that cost something', () => {
  const told = { promptTokens: 9, completionTokens: 7 }
  const useless: Answer = () =>
    Response.json(
      { choices: [{ message: { content: '' } }], usage: { prompt_tokens: 9, completion_tokens: 7 } },
      { headers: { 'x-inference-provider': 'novita' } },
    )

  test('are kept with who is paid, also where another target answers', async () => {
    const { run, journal } = start([[useless], [ok]])
    await run()
    expect(journal.unusedAnswers).toEqual([
      { target: 'huggingface/a/0', provider: 'novita', usage: told, textLength: 0 },
    ])
  })

  test('a refusal is none', async () => {
    const { run, journal } = start([[status(503)], [status(429)], [ok]])
    await run()
    expect(journal.unusedAnswers).toEqual([])
  })

  test('an answer that breaks off on its way as a whole was generated, a stream of which nothing came was not', async () => {
    const torn: Answer = () => new Response(new ReadableStream({ pull: (c) => c.error(new Error('reset')) }))
    const whole = start([[torn], [ok]])
    await whole.run()
    expect(whole.journal.unusedAnswers).toEqual([{ target: 'huggingface/a/0', textLength: 0 }])
    const streamed = start([[torn], [ok]], { stream: true })
    await streamed.run()
    expect(streamed.journal.unusedAnswers).toEqual([])
  })

  test('need as much money again before anybody else is asked', async () => {
    const covered: string[][] = []
    const { run, asked } = start([[status(500)], [useless], [ok]], {
      coverAnother: async () => {
        covered.push([...asked])
        return true
      },
    })
    await run()
    expect(covered).toEqual([['a/0', 'a/1']])
    expect(asked).toEqual(['a/0', 'a/1', 'a/2'])
  })

  test('are the last where the budget affords no other', async () => {
    const { run, asked } = start([[useless], [ok]], { coverAnother: async () => false })
    expect(await failureOf(run)).toMatchObject({
      kind: 'all_attempts_failed',
      attempts: [{ target: 'huggingface/a/0' }],
    })
    expect(asked).toEqual(['a/0'])
  })
})

describe('what counts against a target', () => {
  test.each<[title: string, answer: Answer, failures: number | undefined]>([
    ['a server error does', status(500), 1],
    ['a rate limit does, by how often', status(429), 0],
    ['a bad request does not', status(422), undefined],
    ['a conversation that is too long does not', status(400, TOO_LONG), undefined],
    ['a legal block does not', status(451), undefined],
  ])('%s', async (_title, answer, failures) => {
    const { run, breakers } = start([[answer]])
    await failureOf(run)
    expect(breakers.report()[0]?.consecutiveFailures).toBe(failures)
  })

  test('what all targets fail with alike does not: it may be the request, the router or the token', async () => {
    const { run, breakers } = start([[status(500)], [status(500)], [status(502)]])
    await failureOf(run)
    expect(breakers.report().map(({ consecutiveFailures }) => consecutiveFailures)).toEqual([0, 0, 0])
  })

  test('what they fail with one by one does', async () => {
    const { run, breakers } = start([[status(500)], [status(404)]])
    await failureOf(run)
    expect(breakers.report().map(({ consecutiveFailures }) => consecutiveFailures)).toEqual([1, 1])
  })

  test('also what the first failed with where the second answers', async () => {
    const { run, breakers } = start([[status(500)], [ok]])
    await run()
    expect(breakers.report()).toMatchObject([{ target: 'huggingface/a/0', consecutiveFailures: 1 }])
  })
})

describe('one request makes no more upstream calls than it may', () => {
  const busy = status(503, 'x', { 'retry-after': '0' })

  test('retries included', async () => {
    const { run, asked } = start(Array(17).fill([busy, busy]))
    expect(await failureOf(run)).toMatchObject({ kind: 'all_attempts_failed' })
    expect(asked).toHaveLength(8)
  })

  test('and none for a second try while a target is left that needs it', async () => {
    const { run, asked } = start([...Array(7).fill([busy, busy]), [ok]])
    await run()
    expect(asked).toEqual(Array.from({ length: 8 }, (_, index) => `a/${index}`))
  })

  test('as it is configured', async () => {
    const { run, asked } = start([[status(500)], [status(500)], [ok]], { maxCalls: 2 })
    await failureOf(run)
    expect(asked).toEqual(['a/0', 'a/1'])
  })
})

test('an answer that may have been generated twice is not asked for a third time', async () => {
  const { clock, ...chain } = start(
    [
      [() => new Response('')],
      [
        async () => {
          await clock.wait(60_000) // the connection breaks after a minute of generating
          return reset()
        },
        ok,
      ],
    ],
    { deadlineAt: STARTED_AT + 600_000 },
  )
  await failureOf(chain.run)
  expect(chain.asked).toEqual(['a/0', 'a/1'])
})

describe('the router’s own id of a request', () => {
  test('stands with each failure, and with the answer', async () => {
    const { run, journal } = start([
      [status(500, 'Internal Error, please report to us', { 'x-request-id': 'Root=1-first' })],
      [() => new Response(WHOLE, { headers: { 'x-request-id': 'Root=1-second' } })],
    ])
    await run()
    expect(journal.failedAttempts).toMatchObject([{ upstreamRequestId: 'Root=1-first' }])
    expect(journal.upstreamRequestId).toBe('Root=1-second')
  })
})

describe('a client that has left', () => {
  test('before anybody was asked is nobody to ask for', async () => {
    const { run, gone, asked } = start([[ok]])
    gone.abort()
    expect(await failureOf(run)).toEqual({ kind: 'client_gone' })
    expect(asked).toEqual([])
  })

  test('while its request fails is no reason to ask another', async () => {
    const { run, gone, asked } = start([
      [
        () => {
          gone.abort()
          return Promise.reject(new Error('aborted'))
        },
      ],
      [ok],
    ])
    expect(await failureOf(run)).toEqual({ kind: 'client_gone' })
    expect(asked).toEqual(['a/0'])
  })
})

test('a request that is itself at fault is told in the upstream’s words', async () => {
  const { run, asked } = start([
    [() => Response.json({ error: { message: 'bad', code: 'c', param: 'p' } }, { status: 422 })],
    [ok],
  ])
  expect(await failureOf(run)).toEqual({ kind: 'upstream_refused', status: 422, message: 'bad', code: 'c', param: 'p' })
  expect(asked).toEqual(['a/0'])
})

test('a request at fault inside a 200 is refused with the status that it names', async () => {
  const { run, asked } = start([[() => Response.json({ error: { message: 'bad', code: 413 } })], [ok]])
  expect(await failureOf(run)).toMatchObject({ kind: 'upstream_refused', status: 413, message: 'bad' })
  expect(asked).toEqual(['a/0'])
})

test('a conversation too long for one target does not hide that another lacks credit', async () => {
  const { run } = start([[status(400, TOO_LONG)], [status(402)]], {
    contextLengths: async () => (ref) => (String(ref.id) === 'a/1' ? 20 : 10),
  })
  expect(await failureOf(run)).toMatchObject({ kind: 'all_attempts_failed' })
})
