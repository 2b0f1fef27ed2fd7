import { describe, expect, test } from 'vitest'
import { createLedgerClient } from '../../src/objects/ledger-client.ts'
import { keepLog, manualClock } from '../kv/support/deps.ts'

type Try = () => Promise<unknown>

/** A namespace whose stubs do these things in turn. */
function start(...tries: Try[]) {
  const clock = manualClock()
  const { log, lines } = keepLog()
  let [calls, stubs] = [0, 0]
  const hints: unknown[] = []
  const namespace = {
    idFromName: (name: string) => name,
    get: (_id: unknown, options: unknown) => {
      stubs++
      hints.push(options)
      return {
        exchange: () => tries[calls++]?.() ?? Promise.reject(new Error('not planned')),
        report: async () => ({}),
      }
    },
  } as unknown as DurableObjectNamespace
  const client = createLedgerClient(namespace, 'weur', clock, log)
  return { client, clock, lines, hints, count: () => ({ calls, stubs }) }
}

const fails = (fields: object) => () => Promise.reject(Object.assign(new Error('broken'), fields))
const answers = async () => ({ alerts: [] })

describe('an object that fails', () => {
  test('is asked again by a new stub where that may help', async () => {
    const { client, count } = start(fails({ retryable: true }), answers)
    expect(await client.exchange('p', {})).toEqual({ alerts: [] })
    expect(count()).toEqual({ calls: 2, stubs: 2 })
  })

  test.each([
    ['overloaded, whatever else it says', { retryable: true, overloaded: true }],
    ['of its own', {}],
  ])('is not asked again where it is %s', async (_why, fields) => {
    const { client, count, lines } = start(fails(fields), answers)
    expect(await client.exchange('p', {})).toBeUndefined()
    expect(count().calls).toBe(1)
    expect(lines).toMatchObject([{ event: 'ledger_failed', project: 'p' }])
    expect(client.health.failedAt).toBeDefined()
  })

  test('is waited for two and a half seconds, and told of once in a while', async () => {
    const never = () => new Promise(() => {})
    const { client, clock, lines } = start(never, never, never)
    for (let turn = 0; turn < 3; turn++) {
      const call = client.exchange('p', {})
      await clock.pass(2_500)
      expect(await call).toBeUndefined()
    }
    expect(lines).toHaveLength(1)
  })

  test('is made where the deployment says', async () => {
    const { client, hints } = start(answers)
    await client.exchange('p', {})
    expect(hints).toEqual([{ locationHint: 'weur' }])
  })
})

test('a deployment without the binding answers nothing, at once', async () => {
  const client = createLedgerClient(undefined, undefined, manualClock(), () => {})
  expect(client.isBound).toBe(false)
  expect([await client.exchange('p', {}), await client.report('p', { kind: 'keys' })]).toEqual([undefined, undefined])
})
