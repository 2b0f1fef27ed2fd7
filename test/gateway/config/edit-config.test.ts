import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { patchConfig } from '../../../src/gateway/config/edit-config.ts'
import { createConfigMemory } from '../../../src/kv/config-memory.ts'
import { type ConfigStore, createConfigStore } from '../../../src/kv/config-store.ts'
import { keepLog, manualClock, probeKv, randomBytes } from '../../kv/support/deps.ts'

beforeEach(() => reset())

const OPTIONS = { author: 'a test' }

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
  const deps = start(2)
  await patchConfig(deps, PATCH, OPTIONS)
  expect(await stored()).toEqual({ hugway: { holdMs: 0, maxBodyBytes: 2_048 } })
})

test('a patch that is overtaken again and again is given up, and undoes nothing', async () => {
  const deps = start(100)
  await expect(patchConfig(deps, PATCH, OPTIONS)).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
  expect(await stored()).toEqual({ hugway: { holdMs: 95 } })
})

test('a patch on a condition is not applied to anything else', async () => {
  const deps = start(1)
  const options = { ...OPTIONS, ifMatch: ['built-in'] }
  await expect(patchConfig(deps, PATCH, options)).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
  expect(await stored()).toEqual({ hugway: { holdMs: 0 } })
})
