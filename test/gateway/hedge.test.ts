import { describe, expect, test } from 'vitest'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import { formatModelRef } from '../../src/core/routing/model-ref.ts'
import { type HedgeJournal, tryHedged } from '../../src/gateway/hedge.ts'
import type { ChainRequest } from '../../src/gateway/try-targets.ts'
import { createRedact } from '../../src/huggingface/redact.ts'
import { createRouterClient } from '../../src/huggingface/router-client.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { createHedgeMemory, createHedgeShare } from '../../src/isolate/hedge-share.ts'
import { refOf } from '../core/support/refs.ts'
import { bodyOf, DONE_EVENT, FINISH, HELLO, realClock } from '../stream/support/streams.ts'

type Answer = (signal: AbortSignal | null | undefined) => Promise<Response>

const hello = () =>
  new Response(bodyOf(HELLO, FINISH, DONE_EVENT), { headers: { 'content-type': 'text/event-stream' } })
const after =
  (ms: number, answer: () => Response = hello): Answer =>
  (signal) =>
    new Promise((resolve, reject) => {
      setTimeout(() => resolve(answer()), ms)
      signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    })
const status = (code: number) => () => Response.json({ error: 'no' }, { status: code })

/** A chain of `a/0`, `a/1` ...; a hedge after 60 ms, unless the test says otherwise. */
function start(plans: Answer[], over: Partial<ChainRequest> = {}, requestsBefore = 100) {
  const asked: string[] = []
  const signals = new Map<string, AbortSignal>()
  const send = async (_url: string, init: RequestInit) => {
    const model = await new Response(init.body).text()
    asked.push(model)
    if (init.signal) signals.set(model, init.signal)
    const plan = plans[Number(model.slice(2))]
    if (!plan) throw new Error(`nothing is planned for ${model}`)
    return plan(init.signal)
  }
  /** What a trace would call each call by: the journal's target when it is made. */
  const askedAs: string[] = []
  const hedgeShare = createHedgeShare({ ...createHedgeMemory(), requests: requestsBefore, at: Date.now() }, realClock)
  const router = createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined })
  const postChat: typeof router.postChat = (...call) => {
    askedAs.push(journal.target ? formatModelRef(journal.target) : 'unknown')
    return router.postChat(...call)
  }
  const deps = {
    router: { ...router, postChat },
    redact: createRedact(undefined),
    breakers: createCircuitBreakers(createBreakerMemory(), realClock),
    clock: realClock,
    random: () => 0,
    newId: () => 'made',
    hedgeShare,
  }
  const request: ChainRequest = {
    targets: plans.map((_, index) => refOf(`a/${index}`)),
    bodyFor: (model) => new TextEncoder().encode(model),
    stream: true,
    choiceCount: 1,
    timeoutsOf: () => ({ headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 20_000 }),
    contextLengths: async () => () => undefined,
    deadlineAt: Date.now() + 20_000,
    maxCalls: 8,
    hedge: { afterMs: 60, maxShare: 0.05 },
    ...over,
  }
  const gone = new AbortController()
  const journal: HedgeJournal = { calls: 0, failedAttempts: [], unusedAnswers: [] }
  const run = () => tryHedged(deps, request, journal, { signal: gone.signal, caller: DEPLOYMENT_CALLER })
  return { run, asked, askedAs, signals, journal, gone, deps }
}

describe('a first target that takes long', () => {
  test('is raced by the second, and the loser is cancelled at once and named', async () => {
    const { run, asked, signals, journal } = start([after(2_000), after(10)])
    const winner = await run()
    expect(formatModelRef(winner.target)).toBe('huggingface/a/1')
    expect(asked).toEqual(['a/0', 'a/1'])
    expect([signals.get('a/0')?.aborted, signals.get('a/1')?.aborted]).toEqual([true, false])
    expect(journal).toMatchObject({ calls: 2, hedged: 'huggingface/a/0', failedAttempts: [] })
    // It has read the prompt.
    expect(journal.unusedAnswers).toEqual([{ target: 'huggingface/a/0', textLength: 0 }])
    expect(winner.attempts).toBe(2)
    winner.cancel()
  })

  test('and was cancelled has not failed: the record, which is written later, blames nobody', async () => {
    const { run, journal } = start([after(2_000), after(10)])
    const winner = await run()
    await realClock.wait(50)
    expect(journal).toMatchObject({ calls: 2, target: winner.target, failedAttempts: [] })
    winner.cancel()
  })

  test('and the second are each the target of their own call', async () => {
    const { run, askedAs } = start([after(2_000), after(10)])
    const winner = await run()
    expect(askedAs).toEqual(['huggingface/a/0', 'huggingface/a/1'])
    winner.cancel()
  })

  test('may still win, and then the second is the loser', async () => {
    const { run, signals, journal } = start([after(200), after(2_000)])
    const winner = await run()
    expect(formatModelRef(winner.target)).toBe('huggingface/a/0')
    expect(signals.get('a/1')?.aborted).toBe(true)
    expect(journal).toMatchObject({ calls: 2, hedged: 'huggingface/a/1', target: { id: 'a/0' } })
    winner.cancel()
  })

  test('that fails meanwhile leaves the answer to the second', async () => {
    const { run, journal } = start([after(120, status(503)), after(300)])
    const winner = await run()
    expect(formatModelRef(winner.target)).toBe('huggingface/a/1')
    expect(journal.failedAttempts).toMatchObject([{ target: 'huggingface/a/0', reason: 'overloaded' }])
    expect(journal.unusedAnswers).toEqual([])
    winner.cancel()
  })

  test('and a second that fails as well is told with both', async () => {
    const { run } = start([after(120, status(503)), after(150, status(500))])
    const error = await run().then(
      () => undefined,
      (thrown: { failure: { kind: string; attempts: unknown[] } }) => thrown,
    )
    expect(error?.failure.kind).toBe('all_attempts_failed')
    expect(error?.failure.attempts).toMatchObject([{ target: 'huggingface/a/0' }, { target: 'huggingface/a/1' }])
  })

  test('that blames the request ends both', async () => {
    const { run, signals } = start([after(120, status(422)), after(2_000)])
    await expect(run()).rejects.toMatchObject({ failure: { kind: 'upstream_refused' } })
    expect(signals.get('a/1')?.aborted).toBe(true)
  })

  test('is not asked for a client that left before', async () => {
    const { run, asked, gone } = start([after(10), after(10)])
    gone.abort()
    await expect(run()).rejects.toMatchObject({ failure: { kind: 'client_gone' } })
    expect(asked).toEqual([])
  })

  test('a client that leaves ends both', async () => {
    const { run, signals, gone } = start([after(5_000), after(5_000)])
    const ended = run().catch(() => {})
    await realClock.wait(150)
    gone.abort()
    await ended
    expect([signals.get('a/0')?.aborted, signals.get('a/1')?.aborted]).toEqual([true, true])
  })
})

describe('nobody is asked twice', () => {
  test('where the first answers in time', async () => {
    const { run, asked, journal } = start([after(5), after(5)])
    const winner = await run()
    expect([asked, journal.hedged]).toEqual([['a/0'], undefined])
    winner.cancel()
  })

  test('where the first fails in time: the next is asked, as without a hedge', async () => {
    const { run, asked } = start([after(5, status(503)), after(5)])
    const winner = await run()
    expect(asked).toEqual(['a/0', 'a/1'])
    winner.cancel()
  })

  test('when the share is used up', async () => {
    const { run, asked } = start([after(200), after(5)], {}, 3)
    const winner = await run()
    expect(asked).toEqual(['a/0'])
    winner.cancel()
  })

  test('without a hedge', async () => {
    const { run, asked } = start([after(200), after(5)], { hedge: undefined })
    const winner = await run()
    expect(asked).toEqual(['a/0'])
    winner.cancel()
  })
})

test('the share holds over time: one in twenty, and again after the old ones have faded', () => {
  let now = 0
  const share = createHedgeShare(createHedgeMemory(), { ...realClock, now: () => now })
  const taken = (requests: number) => {
    let count = 0
    for (let n = 0; n < requests; n++) {
      share.count()
      if (share.take(0.05)) count++
    }
    return count
  }
  expect(taken(200)).toBe(10)
  now += 3_600_000
  expect(taken(200)).toBeGreaterThanOrEqual(9)
})
