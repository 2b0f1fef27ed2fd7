import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { formatModelRef } from '../../src/core/routing/model-ref.ts'
import { createConfigMemory } from '../../src/kv/config-memory.ts'
import { type ConfigState, createConfigStore } from '../../src/kv/config-store.ts'
import { keepLog, keepWork, manualClock, probeKv, randomBytes } from './support/deps.ts'

beforeEach(() => reset())

/** An isolate: its memory, its view of KV, its time. `clock` is shared where two isolates live side by side. */
function isolate(clock = manualClock()) {
  const probe = probeKv()
  const { log, lines } = keepLog()
  const work = keepWork()
  const memory = createConfigMemory()
  const store = createConfigStore(probe.kv, memory, clock, log, randomBytes)
  return { store, probe, clock, lines, work, memory, current: () => store.current(work.later) }
}

const documentOf = (primary: string) => JSON.stringify({ agents: { defaults: { model: primary } } })
const primaryOf = ({ config }: ConfigState) => formatModelRef(config.primary).replace('huggingface/', '')
const BROKEN = '{"agents": {"defaults": {"modle": "a/b"}}}'
const UNREADABLE = { kind: 'storage_unreadable', what: 'configuration' }
const BUILT_IN = 'deepseek-ai/DeepSeek-R1'

describe('a new isolate', () => {
  test('reads the document once', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, probe } = isolate()
    expect(await current()).toMatchObject({ source: 'kv' })
    expect(primaryOf(await current())).toBe('a/b')
    expect(probe.calls).toEqual(['get config'])
  })

  test('goes by the built-in configuration where there is none', async () => {
    const { current, probe } = isolate()
    expect(primaryOf(await current())).toBe(BUILT_IN)
    expect(await current()).toMatchObject({ source: 'built_in', document: {} })
    expect(probe.calls).toEqual(['get config'])
  })

  test('reads JSON5 that a person wrote into KV by hand', async () => {
    await env.HUGWAY_KV.put('config', `{agents: {defaults: {model: 'a/b',}}} // mine`)
    expect(primaryOf(await isolate().current())).toBe('a/b')
  })

  test.each(['down', 'silent'] as const)(
    'that cannot read it (%s) serves by nothing else, and says so in the log once',
    async (fault) => {
      const { current, probe, clock, lines } = isolate()
      probe.fault = fault
      const refused = Promise.allSettled([current(), current(), current()])
      await clock.pass(0)
      await clock.pass(1_500)
      for (const one of await refused) expect(one).toMatchObject({ reason: { failure: UNREADABLE } })
      expect(probe.calls).toHaveLength(1)
      await clock.pass(8_500)
      if (fault === 'down') expect(lines.map(({ event }) => event)).toEqual(['config_read_failed'])
    },
  )

  test('waits a second and a half for a KV that says nothing, no longer, and nobody waits a second time', async () => {
    const { current, probe, clock } = isolate()
    probe.fault = 'silent'
    const state = current().catch((error: { failure: unknown }) => error.failure)
    await clock.pass(1_500)
    expect(await state).toEqual(UNREADABLE)
    await expect(current()).rejects.toMatchObject({ failure: UNREADABLE })
  })

  test('asks again a second later', async () => {
    const { current, probe, clock } = isolate()
    probe.fault = 'down'
    await expect(current()).rejects.toThrow()
    probe.fault = 'none'
    await clock.pass(1_000)
    expect(await current()).toMatchObject({ source: 'built_in' })
  })

  test('that is told nothing of a broken document’s last good copy does not pretend either', async () => {
    await env.HUGWAY_KV.put('config', BROKEN)
    const { current, probe } = isolate()
    probe.gated = /last_good/
    probe.gate = Promise.reject(new Error('KV is down'))
    probe.gate.catch(() => {}) // it is waited for later
    await expect(current()).rejects.toMatchObject({ failure: UNREADABLE })
  })

  test('takes a late answer over when it comes', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, probe, clock, work } = isolate()
    let open = () => {}
    probe.gate = new Promise((resolve) => {
      open = resolve
    })
    const state = current().catch((error: { failure: unknown }) => error.failure)
    await clock.pass(1_500)
    expect(await state).toEqual(UNREADABLE)
    open()
    await work.done()
    expect(await current()).not.toHaveProperty('problem')
    expect(primaryOf(await current())).toBe('a/b')
    expect(probe.calls).toEqual(['get config'])
  })

  test('reads it once for five hundred requests at once', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, probe, clock } = isolate()
    const all = Promise.all(Array.from({ length: 500 }, () => current()))
    await clock.pass(0)
    await clock.pass(10)
    expect(new Set((await all).map(primaryOf))).toEqual(new Set(['a/b']))
    expect(probe.calls).toEqual(['get config'])
  })
})

describe('an isolate that knows the document', () => {
  test('asks KV nothing while it is fresh', async () => {
    const { current, probe, clock } = isolate()
    await current()
    probe.calls.length = 0
    await clock.pass(9_999)
    for (let request = 0; request < 100; request++) await current()
    expect(probe.calls).toEqual([])
  })

  test('renews it behind the back of the request that finds it old, once', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/old'))
    const { current, probe, clock, work } = isolate()
    await current()
    await env.HUGWAY_KV.put('config', documentOf('a/new'))
    await clock.pass(10_000)
    expect((await Promise.all([current(), current(), current()])).map(primaryOf)).toEqual(['a/old', 'a/old', 'a/old'])
    expect(work.count()).toBe(2) // the first reading, and this one
    await work.done()
    expect(primaryOf(await current())).toBe('a/new')
    expect(probe.calls).toEqual(['get config', 'get config'])
  })

  test('renews it every ten seconds, whether KV answered the time before or not', async () => {
    const { current, probe, clock, work } = isolate()
    await current()
    for (const fault of ['none', 'down', 'none', 'none'] as const) {
      probe.fault = fault
      probe.calls.length = 0
      await clock.pass(10_000)
      await current()
      await work.done()
      expect(probe.calls).toHaveLength(1)
    }
  })

  test('hands out the very same object while the text is the same', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, clock, work } = isolate()
    const before = await current()
    await clock.pass(10_000)
    await current()
    await work.done()
    expect(await current()).toBe(before)
  })

  test('reads it before it is used again where nobody had asked for a minute', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/old'))
    const { current, clock } = isolate()
    await current()
    await env.HUGWAY_KV.put('config', documentOf('a/new'))
    await clock.pass(60_000)
    expect(primaryOf(await current())).toBe('a/new')
  })

  test('goes by its copy for as long as KV is away, however long that is', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, clock, probe } = isolate()
    await current()
    probe.fault = 'down'
    await clock.pass(7 * 24 * 3_600_000)
    expect(primaryOf(await current())).toBe('a/b')
  })

  test('lives through an outage of KV, says so, and forgets it when it is over', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/b'))
    const { current, probe, clock, work } = isolate()
    await current()
    probe.fault = 'down'
    await clock.pass(10_000)
    expect(primaryOf(await current())).toBe('a/b')
    await work.done()
    expect(await current()).toMatchObject({ source: 'kv', problem: 'KV did not answer: KV is down' })
    probe.fault = 'none'
    await clock.pass(10_000)
    await current()
    await work.done()
    expect(await current()).not.toHaveProperty('problem')
    expect(primaryOf(await current())).toBe('a/b')
  })

  test('is asked by nobody for longer than a KV that says nothing would hold it', async () => {
    const { current, probe, clock } = isolate()
    await current()
    probe.fault = 'silent'
    await clock.pass(10_000)
    await current()
    await current()
    expect(probe.calls).toHaveLength(2)
    await clock.pass(30_000)
    await current() // the read that never came back does not keep it from being asked again
    expect(probe.calls).toHaveLength(3)
  })
})

describe('a document that somebody broke by hand', () => {
  test('leaves the last good one in use', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/good'))
    const { current, clock, work, lines } = isolate()
    await current()
    await env.HUGWAY_KV.put('config', BROKEN)
    await clock.pass(10_000)
    await current()
    await work.done()
    const state = await current()
    expect(primaryOf(state)).toBe('a/good')
    expect(state).toMatchObject({ source: 'last_good', problem: expect.stringContaining('did you mean "model"') })
    expect(lines).toMatchObject([{ event: 'config_broken' }])
  })

  test('leaves a new isolate the copy that the cron trigger kept', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/good'))
    await isolate().store.keepLastGood()
    await env.HUGWAY_KV.put('config', BROKEN)
    const state = await isolate().current()
    expect(primaryOf(state)).toBe('a/good')
    expect(state).toMatchObject({ source: 'last_good', problem: expect.stringContaining('broken') })
  })

  test.each<[what: string, kept: string | undefined]>([
    ['nothing was kept', undefined],
    ['what was kept is broken too', '{'],
  ])('leaves a new isolate the built-in one where %s', async (_what, kept) => {
    await env.HUGWAY_KV.put('config', '<html>')
    if (kept !== undefined) await env.HUGWAY_KV.put('config:last_good', kept)
    expect(await isolate().current()).toMatchObject({ source: 'built_in', problem: expect.stringContaining('broken') })
  })

  test('stays a known problem through an outage of KV', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/good'))
    const { current, probe, clock, work } = isolate()
    const renewed = async () => {
      await clock.pass(10_000)
      await current()
      await work.done()
      return current()
    }
    await current()
    await env.HUGWAY_KV.put('config', BROKEN)
    await renewed()
    probe.fault = 'down'
    await renewed()
    probe.fault = 'none'
    expect(await renewed()).toMatchObject({ source: 'last_good', problem: expect.stringContaining('broken') })
  })

  test('is over when it is corrected', async () => {
    await env.HUGWAY_KV.put('config', BROKEN)
    const { current, clock, work } = isolate()
    await current()
    await env.HUGWAY_KV.put('config', documentOf('a/corrected'))
    await clock.pass(10_000)
    await current()
    await work.done()
    expect(primaryOf(await current())).toBe('a/corrected')
    expect(await current()).not.toHaveProperty('problem')
  })

  test('is never kept as the last good one', async () => {
    await env.HUGWAY_KV.put('config', BROKEN)
    await isolate().store.keepLastGood()
    expect(await env.HUGWAY_KV.get('config:last_good')).toBeNull()
  })
})

describe('a write', () => {
  test('is seen at once where it was made, and asks KV nothing', async () => {
    const { store, current, probe } = isolate()
    await current()
    expect(await store.replace(documentOf('a/b'))).toMatchObject({ ok: true })
    expect(primaryOf(await current())).toBe('a/b')
    expect(probe.calls).toEqual(['get config', 'get config', expect.stringMatching(/^put config:v:/), 'put config'])
    expect(primaryOf(await isolate().current())).toBe('a/b')
  })

  test('is not undone by a read that is behind the times', async () => {
    const { store, current, probe, clock, work } = isolate()
    await store.replace(documentOf('a/new'))
    probe.stale = documentOf('a/old')
    for (let seconds = 0; seconds < 59; seconds += 10) {
      await clock.pass(10_000 - 1)
      await current()
      await work.done()
      expect(primaryOf(await current())).toBe('a/new')
    }
  })

  test('is not undone by a read that had begun before it', async () => {
    await env.HUGWAY_KV.put('config', documentOf('a/old'))
    const { store, current, probe, clock, work } = isolate()
    await current()
    await clock.pass(10_000)
    let open = () => {}
    probe.gate = new Promise((resolve) => {
      open = resolve
    })
    await current()
    const { gate } = probe
    delete probe.gate
    await store.replace(documentOf('a/new'))
    open()
    await gate
    await work.done()
    expect(primaryOf(await current())).toBe('a/new')
  })

  test('is not undone by the cron trigger, whose read is behind the times', async () => {
    const { store, current, probe, clock } = isolate()
    await store.replace(documentOf('a/new'))
    probe.stale = documentOf('a/old')
    await clock.pass(5_000)
    await store.keepLastGood()
    expect(primaryOf(await current())).toBe('a/new')
  })

  test('is all or nothing: what is broken leaves KV alone', async () => {
    const { store, probe } = isolate()
    expect(await store.replace(BROKEN)).toMatchObject({ ok: false, error: [{ path: 'agents.defaults.modle' }] })
    expect(probe.calls).toEqual([])
  })

  test('that KV refuses changes nothing', async () => {
    const { store, current, probe } = isolate()
    await current()
    probe.fault = 'down'
    await expect(store.replace(documentOf('a/b'))).rejects.toMatchObject({ failure: { kind: 'config_not_stored' } })
    expect(primaryOf(await current())).toBe(BUILT_IN)
  })

  test('of two at once, one wins whole', async () => {
    const [one, two] = [isolate(), isolate()]
    await Promise.all([one.store.replace(documentOf('a/one')), two.store.replace(documentOf('a/two'))])
    expect(['a/one', 'a/two']).toContain(primaryOf(await isolate().current()))
  })

  test('is kept as it was written, comments and all', async () => {
    const written = `{agents: {defaults: {model: 'a/b'}}} // mine`
    await isolate().store.replace(written)
    expect(await env.HUGWAY_KV.get('config')).toBe(written)
  })
})

test('the cron trigger keeps what is in use, and writes only what has changed', async () => {
  const { store, probe, clock } = isolate()
  await store.replace(documentOf('a/b'))
  await clock.pass(60_000)
  await store.keepLastGood()
  await store.keepLastGood()
  expect(probe.calls.filter((call) => /^put config(?!:v:)/.test(call))).toEqual(['put config', 'put config:last_good'])
})
