import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { createConfigMemory } from '../../src/kv/config-memory.ts'
import { createConfigStore } from '../../src/kv/config-store.ts'
import type { ConfigEdit } from '../../src/kv/config-writer.ts'
import { keepLog, keepWork, manualClock, probeKv, randomBytes, settle } from './support/deps.ts'

beforeEach(() => reset())

function isolate(clock = manualClock()) {
  const probe = probeKv()
  const { log } = keepLog()
  const work = keepWork()
  const memory = createConfigMemory()
  const store = createConfigStore(probe.kv, memory, clock, log, randomBytes)
  const put = async (primary: string, edit: Partial<ConfigEdit> = {}) => {
    const replaced = await store.replace(documentOf(primary), { author: 'a test', action: 'put', ...edit })
    if (!replaced.ok) throw new Error('the test has a bad document')
    return replaced.value
  }
  return { store, probe, clock, work, memory, put, current: () => store.current(work.later) }
}

const documentOf = (primary: string) => JSON.stringify({ agents: { defaults: { model: primary } } }, null, 2)
const onlyOver = (tag: string) => ({ mayReplace: (stored: string) => stored === tag })
const ID = /^\d{8}T\d{9}Z-[\da-f]{8}$/

describe('every write', () => {
  test('is kept with its time and author, and the document names it', async () => {
    const { put, store, clock } = isolate()
    const { version, tag } = await put('a/1', { action: 'rollback', of: 'x' })
    expect(version).toMatch(ID)
    expect(tag).toBe(version)
    const at = new Date(clock.now()).toISOString()
    const facts = { at, author: 'a test', action: 'rollback', of: 'x' }
    expect(await store.history.read(version)).toEqual({ id: version, ...facts, text: documentOf('a/1') })
    const stored = await env.HUGWAY_KV.getWithMetadata('config')
    expect(stored).toMatchObject({ value: documentOf('a/1'), metadata: { version } })
    expect(await isolate(clock).current()).toMatchObject({ version, tag: version, source: 'kv' })
  })

  test('comes after the one before, also where this location’s clock is behind', async () => {
    const ahead = await isolate(manualClock(Date.UTC(2030, 0, 1))).put('a/1')
    const behind = await isolate(manualClock(Date.UTC(2026, 0, 1))).put('a/2')
    expect(behind.version > ahead.version).toBe(true)
  })

  test('leaves the versions before it as they were', async () => {
    const { put, store, clock } = isolate()
    const ids: string[] = []
    for (const primary of ['a/1', 'a/2', 'a/3']) {
      ids.push((await put(primary)).version)
      await clock.pass(1_000)
    }
    const { versions } = await store.history.list(10)
    expect(versions.map(({ id }) => id)).toEqual([...ids].reverse())
    const texts = await Promise.all(ids.map(async (id) => (await store.history.read(id))?.text))
    expect(texts).toEqual([documentOf('a/1'), documentOf('a/2'), documentOf('a/3')])
  })

  test('of the same document makes no version', async () => {
    const { put, store } = isolate()
    const first = await put('a/1')
    expect((await put('a/1')).version).toBe(first.version)
    expect((await store.history.list(10)).versions).toHaveLength(1)
  })
})

test('the list comes in pages', async () => {
  const { put, store } = isolate()
  for (const primary of ['a/1', 'a/2', 'a/3', 'a/4', 'a/5']) await put(primary)
  const first = await store.history.list(2)
  const second = await store.history.list(2, first.next)
  const third = await store.history.list(2, second.next)
  const ids = [first, second, third].flatMap(({ versions }) => versions.map(({ id }) => id))
  expect(ids).toHaveLength(5)
  expect(ids).toEqual([...ids].sort().reverse())
  expect([typeof first.next, typeof second.next, third.next]).toEqual(['string', 'string', undefined])
})

describe('a write that fails', () => {
  test.each<[where: string, failing: RegExp]>([
    ['at the version', /^config:v:/],
    ['at the document', /^config$/],
  ])('%s leaves the old document in use', async (_where, failing) => {
    const clock = manualClock()
    const before = await isolate(clock).put('a/old')
    const { put, current, probe } = isolate(clock)
    await current()
    probe.refused = failing
    await expect(put('a/new')).rejects.toMatchObject({ failure: { kind: 'config_not_stored' } })
    expect(await current()).toMatchObject({ version: before.version })
    expect(await isolate(clock).current()).toMatchObject({ version: before.version })
    delete probe.refused
    expect((await put('a/newer', onlyOver(before.version))).version > before.version).toBe(true)
  })

  test('because nobody knows what is stored writes nothing', async () => {
    const { put, probe } = isolate()
    await put('a/1')
    probe.calls.length = 0
    probe.fault = 'down'
    await expect(put('a/2')).rejects.toMatchObject({ failure: { kind: 'config_not_stored' } })
    expect(probe.calls).toEqual(['get config'])
  })
})

describe('a write on a condition', () => {
  test('goes through where what it names is stored, and is refused where it is not', async () => {
    const { put, store } = isolate()
    const first = await put('a/1')
    const second = await put('a/2', onlyOver(first.tag))
    await expect(put('a/3', onlyOver(first.tag))).rejects.toMatchObject({
      failure: { kind: 'config_changed', current: second.tag },
    })
    expect((await store.history.list(10)).versions).toHaveLength(2)
    expect(await env.HUGWAY_KV.get('config')).toBe(documentOf('a/2'))
  })

  test('sees what another isolate wrote, though its own copy is old', async () => {
    const clock = manualClock()
    const [one, two] = [isolate(clock), isolate(clock)]
    const first = await one.put('a/1')
    await two.current()
    await two.put('a/2', onlyOver(first.tag))
    await expect(one.put('a/3', onlyOver(first.tag))).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
  })

  test('passes for one of two writers in one isolate', async () => {
    const { put } = isolate()
    const { tag } = await put('a/1')
    const outcomes = await Promise.allSettled([put('a/2', onlyOver(tag)), put('a/3', onlyOver(tag))])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('is not overtaken by one without', async () => {
    const { put } = isolate()
    const { tag } = await put('a/1')
    const [conditional, plain] = await Promise.allSettled([put('a/2', onlyOver(tag)), put('a/3')])
    expect(plain.status).toBe('fulfilled')
    const stored = await env.HUGWAY_KV.get('config')
    // Either it came first and was replaced, or it was refused; it never undoes the other.
    expect(conditional.status === 'rejected' || stored === documentOf('a/3')).toBe(true)
  })

  test('is not held up by a write that never came back', async () => {
    const { put, memory, clock } = isolate()
    const { tag } = await put('a/1')
    memory.writing = { since: clock.now() }
    await expect(put('a/2', onlyOver(tag))).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
    await clock.pass(30_000)
    expect(await put('a/2', onlyOver(tag))).toMatchObject({ source: 'kv' })
  })
})

describe('a document that was written by hand', () => {
  const HAND = `{agents: {defaults: {model: 'a/hand'}}} // mine`

  test('is in use without a version, under a tag of its own', async () => {
    await env.HUGWAY_KV.put('config', HAND)
    const first = await isolate().current()
    expect(first).toMatchObject({
      source: 'kv',
      version: 'unversioned',
      tag: expect.stringMatching(/^unversioned-\w{16}$/),
    })
    await env.HUGWAY_KV.put('config', `${HAND} `)
    expect((await isolate().current()).tag).not.toBe(first.tag)
  })

  test.each<[what: string, text: string]>([
    ['as it stood', HAND],
    ['also where it is broken', '{agents: '],
  ])('is kept %s, at the next write', async (_what, text) => {
    const { put, store } = isolate()
    const first = await put('a/1')
    await env.HUGWAY_KV.put('config', text)
    const second = await put('a/2')
    const { versions } = await store.history.list(10)
    expect(versions).toMatchObject([
      { id: second.version, action: 'put' },
      { action: 'by_hand', author: 'by hand' },
      { id: first.version },
    ])
    expect((await store.history.read(versions[1]?.id ?? ''))?.text).toBe(text)
  })

  test('is kept without the key that stands in it', async () => {
    const secret = 'hf_AbCdEfGhIjKlMnOpQrStUvWx'
    const { put, store } = isolate()
    for (const text of [`{models: {providers: {huggingface: {apiKey: '${secret}'}}}}`, `{broken: '${secret}'`]) {
      await env.HUGWAY_KV.put('config', text)
      await put(`a/${text.length}`)
    }
    const { versions } = await store.history.list(10)
    const texts = await Promise.all(versions.map(async ({ id }) => (await store.history.read(id))?.text))
    expect(texts).toHaveLength(4)
    expect(texts.join()).not.toContain(secret)
    expect(texts.join()).toContain(`\${SECRET}`)
  })

  test('makes a condition on the version before it fail', async () => {
    const { put } = isolate()
    const { tag } = await put('a/1')
    await env.HUGWAY_KV.put('config', HAND)
    await expect(put('a/2', onlyOver(tag))).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
    expect(await env.HUGWAY_KV.get('config')).toBe(HAND)
  })

  test('and replaced here a moment ago is not taken for a new one when KV still answers with it', async () => {
    await env.HUGWAY_KV.put('config', HAND)
    const { put, store, probe } = isolate()
    const { version } = await put('a/1')
    probe.stale = HAND
    expect(await store.latest()).toMatchObject({ version })
    await put('a/2', onlyOver(version))
    expect((await store.history.list(10)).versions.map(({ action }) => action)).toEqual(['put', 'put', 'by_hand'])
  })
})

test('the last good copy keeps its version', async () => {
  const { put, store, clock } = isolate()
  const { version } = await put('a/1')
  await store.keepLastGood()
  await env.HUGWAY_KV.put('config', '{')
  const state = await isolate(clock).current()
  expect(state).toMatchObject({ source: 'last_good', version, tag: expect.stringMatching(/^unversioned-/) })
})

test('KV that still answers with the version before is not believed', async () => {
  const { put, store, probe } = isolate()
  const first = await put('a/1')
  const second = await put('a/2')
  Object.assign(probe, { stale: documentOf('a/1'), staleVersion: first.version })
  expect(await store.latest()).toMatchObject({ version: second.version })
  await expect(put('a/3', onlyOver(first.tag))).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
})

test('a read that began while a write was under way does not undo it', async () => {
  const { put, probe, clock, current, work } = isolate()
  await put('a/1')
  await clock.pass(61_000) // the write before is not trusted any more, so KV is asked
  const [writeGate, readGate] = [newGate(), newGate()]
  Object.assign(probe, { gate: writeGate.passed, gated: /^put config$/ })
  probe.calls.length = 0
  const writing = put('a/2')
  while (probe.calls.at(-1) !== 'put config') await settle()
  await clock.pass(10_000) // the copy is old, so the next request asks KV
  Object.assign(probe, { gate: readGate.passed, gated: /^get config$/, stale: documentOf('a/1') })
  await current()
  writeGate.open()
  const { version } = await writing
  readGate.open()
  await work.done()
  expect(await current()).toMatchObject({ version })
})

function newGate() {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}
