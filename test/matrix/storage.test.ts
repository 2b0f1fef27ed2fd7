import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { countReads, runStorage, STORAGE_CASES } from './storage.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator?.close())

test.each(STORAGE_CASES.map((one) => [one.words, one] as const))(
  'where KV %s a good key is never called invalid, and nobody is served by a configuration that nobody read',
  async (_words, one) => {
    expect((await runStorage(one, simulator.url)).problems).toEqual([])
  },
)

test('five hundred clients that come to a new isolate at once cost one read of the configuration and one of their key', async () => {
  expect(await countReads(simulator.url, 500)).toEqual({ served: 500, config: 1, key: 1 })
})
