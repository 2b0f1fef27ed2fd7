import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { patchConfig } from '../../../src/gateway/config/edit-config.ts'
import { createConfigMemory } from '../../../src/kv/config-memory.ts'
import { type ConfigStore, createConfigStore } from '../../../src/kv/config-store.ts'
import { keepLog, manualClock, probeKv, randomBytes } from '../../kv/support/tools.ts'

beforeEach(() => reset())

const ORDER = { author: 'a test' }

/** Two isolates in one location. `overtake` lets the second write right after the first has read what it will patch. */
function start(overtakes: number) {
  const clock = manualClock()
  const newStore = () => createConfigStore(probeKv().kv, createConfigMemory(), clock, keepLog().log, randomBytes)
  const [one, two] = [newStore(), newStore()]
  let left = overtakes
  const overtaken: ConfigStore = {
    ...one,
    async latest() {
      const base = await one.latest()
      if (left-- > 0) await two.replace(JSON.stringify({ hugway: { holdMs: left } }))
      return base
    },
  }
  return { store: overtaken, clock: { ...clock, wait: async () => {} }, readModels: async () => undefined }
}

const PATCH = '{"hugway": {"maxBodyBytes": 2048}}'
const stored = () => env.HUGWAY_KV.get('config', 'json')

test('a patch that another isolate overtakes is applied to what that one wrote', async () => {
  const tools = start(2)
  await patchConfig(tools, PATCH, ORDER)
  expect(await stored()).toEqual({ hugway: { holdMs: 0, maxBodyBytes: 2_048 } })
})

test('a patch that is overtaken again and again is given up, and undoes nothing', async () => {
  const tools = start(100)
  await expect(patchConfig(tools, PATCH, ORDER)).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
  expect(await stored()).toEqual({ hugway: { holdMs: 95 } })
})

test('a patch on a condition is not applied to anything else', async () => {
  const tools = start(1)
  const order = { ...ORDER, ifMatch: ['built-in'] }
  await expect(patchConfig(tools, PATCH, order)).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
  expect(await stored()).toEqual({ hugway: { holdMs: 0 } })
})
