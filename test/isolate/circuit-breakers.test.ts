import { describe, expect, test } from 'vitest'
import { type BreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { refOf } from '../core/support/refs.ts'
import { manualClock } from '../kv/support/tools.ts'

const [A, B] = [refOf('a/first'), refOf('b/second')]

function start() {
  const clock = manualClock()
  const memory: BreakerMemory = new Map()
  const breakers = createCircuitBreakers(memory, clock)
  const fail = (target = A, times = 5) => {
    for (let failure = 0; failure < times; failure++) breakers.failed(target, 'overloaded')
  }
  return { clock, memory, breakers, fail }
}

describe('who is tried next', () => {
  test('the first, while it is healthy', () => {
    expect(start().breakers.choose([A, B])).toEqual({ target: A, isLastResort: false })
  })

  test('the second, once the first has failed five times', () => {
    const { breakers, fail } = start()
    fail()
    expect(breakers.choose([A, B])).toEqual({ target: B, isLastResort: false })
    expect(breakers.lastReason(A)).toBe('overloaded')
  })

  test('one request alone tries the first again when its time has come, the rest stay away until it reports', async () => {
    const { breakers, fail, clock } = start()
    fail()
    await clock.pass(10_000)
    expect(breakers.choose([A, B])?.target).toBe(A)
    expect([breakers.choose([A, B])?.target, breakers.choose([A, B])?.target]).toEqual([B, B])
    breakers.succeeded(A)
    expect(breakers.choose([A, B])?.target).toBe(A)
  })

  test('the least bad, as a last resort, where all are out', async () => {
    const { breakers, fail, clock } = start()
    fail(B)
    await clock.pass(1_000)
    fail(A)
    expect(breakers.choose([A, B])).toEqual({ target: B, isLastResort: true })
  })

  test('nobody of nobody', () => {
    expect(start().breakers.choose([])).toBeUndefined()
  })
})

test('a suffix is a target of its own', () => {
  const { breakers, fail } = start()
  fail(refOf('a/first:groq'))
  expect(breakers.choose([A])).toEqual({ target: A, isLastResort: false })
})

test('callers who make up a hundred thousand refs do not fill the memory, and the latest are remembered', () => {
  const { breakers, memory } = start()
  for (let made = 0; made < 3_000; made++) breakers.failed(refOf(`a/m${made}`), 'model_not_found')
  expect(memory.size).toBe(1_000)
  expect(breakers.lastReason(refOf('a/m2999'))).toBe('model_not_found')
})

test('the report tells state and reason', () => {
  const { breakers, fail } = start()
  fail()
  breakers.succeeded(B)
  expect(breakers.report()).toMatchObject([
    { target: 'huggingface/a/first', state: 'open', lastReason: 'overloaded', consecutiveFailures: 5 },
    { target: 'huggingface/b/second', state: 'closed', consecutiveFailures: 0 },
  ])
})
