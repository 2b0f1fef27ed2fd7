import { describe, expect, test } from 'vitest'
import type { AttemptEnd } from '../../src/core/routing/breaker.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { refOf } from '../core/support/refs.ts'
import { manualClock } from '../kv/support/deps.ts'

const [A, B] = [refOf('a/first'), refOf('b/second')]
const FAILURE: AttemptEnd = { kind: 'failure', reason: 'overloaded', weight: 'full' }
const SUCCESS: AttemptEnd = { kind: 'success' }
const NO_VERDICT: AttemptEnd = { kind: 'no_verdict' }

function start() {
  const clock = manualClock()
  const memory = createBreakerMemory()
  const breakers = createCircuitBreakers(memory, clock)
  const fail = (target = A, times = 5, caller = 'one') => {
    for (let failure = 0; failure < times; failure++) breakers.record(target, caller, FAILURE)
  }
  const chosen = (caller = 'one') => breakers.choose([A, B], caller)?.target
  return { clock, memory, breakers, fail, chosen }
}

describe('who is tried next', () => {
  test('the first, while it is healthy', () => {
    expect(start().breakers.choose([A, B], 'one')).toEqual({ target: A, isLastResort: false })
  })

  test('the second, once the first has failed five times', () => {
    const { breakers, fail, chosen } = start()
    fail()
    expect(chosen()).toBe(B)
    expect(breakers.lastReason(A)).toBe('overloaded')
  })

  test('one request alone tries the first again when its time has come, the rest stay away until it reports', async () => {
    const { breakers, fail, clock, chosen } = start()
    fail()
    await clock.pass(10_000)
    expect(chosen()).toBe(A)
    expect([chosen(), chosen()]).toEqual([B, B])
    breakers.record(A, 'one', SUCCESS)
    expect(chosen()).toBe(A)
  })

  test('a probe that nothing was learnt by is the next request’s', async () => {
    const { breakers, fail, clock, chosen } = start()
    fail()
    await clock.pass(10_000)
    expect(chosen()).toBe(A)
    breakers.record(A, 'one', NO_VERDICT)
    expect(chosen()).toBe(A)
  })

  test('requests that the target refuses do not keep it from being found out', () => {
    const { breakers, chosen } = start()
    for (let request = 0; request < 5; request++) {
      breakers.record(A, 'one', FAILURE)
      breakers.record(A, 'one', NO_VERDICT)
    }
    expect(chosen()).toBe(B)
  })

  test('the least bad, as a last resort, where all are out', async () => {
    const { breakers, fail, clock } = start()
    fail(B)
    await clock.pass(1_000)
    fail(A)
    expect(breakers.choose([A, B], 'one')).toEqual({ target: B, isLastResort: true })
  })

  test('nobody of nobody', () => {
    expect(start().breakers.choose([], 'one')).toBeUndefined()
  })
})

describe('one caller', () => {
  test('cannot shut a target for another', () => {
    const { fail, chosen } = start()
    fail(A, 100, 'one')
    expect([chosen('one'), chosen('two')]).toEqual([B, A])
  })

  test('and another, who fails as well, shut it for everybody', () => {
    const { fail, chosen } = start()
    fail(A, 3, 'one')
    fail(A, 2, 'two')
    expect([chosen('one'), chosen('two'), chosen('three')]).toEqual([B, B, B])
  })

  test('who is answered opens it for everybody whom it was shut for by others', () => {
    const { breakers, fail, chosen } = start()
    fail(A, 3, 'one')
    fail(A, 2, 'two')
    breakers.record(A, 'three', SUCCESS)
    expect([chosen('one'), chosen('three')]).toEqual([A, A])
  })
})

test('failures that are taken back were never there', () => {
  const { breakers, fail, chosen } = start()
  fail(A, 4)
  const receipt = breakers.record(A, 'one', FAILURE)
  expect(chosen()).toBe(B)
  breakers.takeBack(receipt ? [receipt] : [])
  expect(chosen()).toBe(A)
  fail(A, 1)
  expect(chosen()).toBe(B)
})

test('a target is silent from an attempt that ended so, any caller’s, until it has begun to answer', () => {
  const { breakers, fail } = start()
  breakers.record(A, 'one', { ...FAILURE, isSilence: true })
  expect(breakers.isSilent(A)).toBe(true)
  breakers.begun(A)
  expect(breakers.isSilent(A)).toBe(false)
  breakers.record(A, 'one', { ...FAILURE, isSilence: true })
  fail(A, 1)
  expect(breakers.isSilent(A)).toBe(false)
})

test('a suffix is a target of its own', () => {
  const { fail, chosen } = start()
  fail(refOf('a/first:groq'))
  expect(chosen()).toBe(A)
})

describe('callers who make up a hundred thousand refs', () => {
  test('do not fill the memory, and the latest are remembered', () => {
    const { breakers, memory, fail } = start()
    for (let made = 0; made < 3_000; made++) fail(refOf(`a/m${made}`), 1)
    expect([memory.shared.size, memory.own.size]).toEqual([1_000, 2_000])
    expect(breakers.lastReason(refOf('a/m2999'))).toBe('overloaded')
  })

  test('do not push out a target that is in use', () => {
    const { breakers, fail, chosen } = start()
    fail()
    for (let made = 0; made < 3_000; made++) {
      fail(refOf(`a/m${made}`), 1)
      if (made % 500 === 0) fail(A, 1)
    }
    expect(breakers.lastReason(A)).toBe('overloaded')
    expect(chosen()).toBe(B)
  })
})

describe('the report', () => {
  test('tells state and reason; with one caller the breaker is that caller’s', () => {
    const { breakers, fail } = start()
    fail()
    breakers.record(B, 'one', SUCCESS)
    expect(breakers.report()).toMatchObject([
      {
        target: 'huggingface/a/first',
        state: 'open',
        openFor: ['one'],
        lastReason: 'overloaded',
        consecutiveFailures: 5,
      },
      { target: 'huggingface/b/second', state: 'closed', openFor: [], consecutiveFailures: 0 },
    ])
  })

  test('names the caller for whom alone a breaker is open', () => {
    const { breakers, fail } = start()
    breakers.record(A, 'two', SUCCESS)
    fail()
    expect(breakers.report()).toMatchObject([{ state: 'closed', openFor: ['one'] }])
  })
})
