import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { DEFAULT_CONFIG } from '../../src/core/config/config.ts'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import { type AttemptJournal, type ChainRequest, tryTargets } from '../../src/gateway/try-targets.ts'
import { createRedact } from '../../src/huggingface/redact.ts'
import { createRouterClient } from '../../src/huggingface/router-client.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { refOf } from '../core/support/refs.ts'
import { FINISH, HELLO } from '../stream/support/streams.ts'

/** A minute passes in a fifth of a second. */
const SPEED = 300
const clock: Clock = {
  now: () => Date.now() * SPEED,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms / SPEED)),
  timer(ms, run) {
    const id = setTimeout(run, ms / SPEED)
    return () => clearTimeout(id)
  },
}

const WHOLE = '{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}'
const never = Number.POSITIVE_INFINITY

/** A deployment by default settings whose targets send headers and answer together, so many seconds after they were asked. */
function start() {
  const breakers = createCircuitBreakers(createBreakerMemory(), clock)
  return async (thinkS: Readonly<Record<string, number>>, stream = true) => {
    const send = async (_url: string, { body, signal }: RequestInit) => {
      const seconds = thinkS[await new Response(body).text()] ?? 0
      const aborted = new Promise<never>((_, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      )
      await Promise.race([aborted, seconds === never ? new Promise(() => {}) : clock.wait(seconds * 1_000)])
      return new Response(stream ? HELLO + FINISH : WHOLE)
    }
    const deps = {
      router: createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined }),
      redact: createRedact(undefined),
      breakers,
      clock,
      random: () => 0,
      newId: () => 'made',
    }
    const startedAt = clock.now()
    const request: ChainRequest = {
      targets: Object.keys(thinkS).map((name) => refOf(name)),
      bodyFor: (model) => new TextEncoder().encode(model),
      stream,
      choiceCount: 1,
      timeoutsOf: () => DEFAULT_CONFIG.timeouts,
      contextLengths: async () => () => undefined,
      deadlineAt: startedAt + DEFAULT_CONFIG.timeouts.totalMs,
      maxCalls: DEFAULT_CONFIG.maxUpstreamCalls,
    }
    const journal: AttemptJournal = { calls: 0, failedAttempts: [], unusedAnswers: [] }
    const ctx = { signal: new AbortController().signal, caller: DEPLOYMENT_CALLER }
    const winner = await tryTargets(deps, request, journal, ctx).catch(() => undefined)
    winner?.cancel()
    return { by: winner && String(winner.target.id), tookS: (clock.now() - startedAt) / 1_000 }
  }
}

describe('by default settings', () => {
  test('a model that thinks for 40 s and sends its headers with its first token answers', async () => {
    expect(await start()({ 'a/0': 40, 'a/1': 0 })).toMatchObject({ by: 'a/0' })
  })

  test('a target that was silent is waited for less until it has answered again', async () => {
    const ask = start()
    const first = await ask({ 'a/0': never, 'a/1': 0 })
    expect(first.by).toBe('a/1')
    expect(first.tookS).toBeGreaterThan(140)
    const second = await ask({ 'a/0': never, 'a/1': 0 })
    expect(second.by).toBe('a/1')
    expect(second.tookS).toBeLessThan(80)
    expect(await ask({ 'a/0': 5, 'a/1': 0 })).toMatchObject({ by: 'a/0' })
    expect(await ask({ 'a/0': 70, 'a/1': 0 })).toMatchObject({ by: 'a/0' })
  })

  test('a silent target that is the last is waited for as any other', async () => {
    const ask = start()
    await ask({ 'a/0': never, 'a/1': 0 })
    expect(await ask({ 'a/0': 70 })).toMatchObject({ by: 'a/0' })
  })

  test('a JSON answer may take five minutes though a fallback is left', async () => {
    expect(await start()({ 'a/0': 300, 'a/1': 0 }, false)).toMatchObject({ by: 'a/0' })
  })

  test('one that never comes leaves the fallback its time', async () => {
    expect(await start()({ 'a/0': never, 'a/1': 100 }, false)).toMatchObject({ by: 'a/1' })
  })
})
