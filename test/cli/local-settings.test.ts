import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { parseDevVars, planSettings } from '../../src/cli/settings/local-settings.ts'
import { formatReady } from '../../src/cli/start/ready-text.ts'

const LINK = 'http://127.0.0.1:1/console/#code=1'

const LOCAL = { apiKey: 'hugway-local-key', adminToken: 'hugway-admin-key' }
const SIMULATOR = 'http://127.0.0.1:5/v1'
type Vars = Record<string, string>
const plan = (environment: Vars, devVars: Vars = {}) =>
  planSettings(
    environment,
    devVars,
    () => LOCAL,
    async () => SIMULATOR,
  )

test('reads names, quotes, comments and values with signs', () => {
  const text = '# secrets\nHF_TOKEN=hf_a\n\nA="two words" # why\nB=\'$HOME\'\nexport C=x=y\nEMPTY=\n'
  expect(parseDevVars(text)).toEqual({ HF_TOKEN: 'hf_a', A: 'two words', B: '$HOME', C: 'x=y', EMPTY: '' })
})

test.each<[title: string, environment: Vars, devVars: Vars, expected: Vars]>([
  ['a token of the environment', { HF_TOKEN: 'hf_e' }, {}, { HF_TOKEN: 'hf_e' }],
  ['a token of .dev.vars', {}, { HF_TOKEN: 'hf_d' }, { HF_TOKEN: 'hf_d' }],
  ['the environment before .dev.vars', { HF_TOKEN: 'hf_e' }, { HF_TOKEN: 'hf_d' }, { HF_TOKEN: 'hf_e' }],
  ['.dev.vars where the environment is empty', { HF_TOKEN: ' ' }, { HF_TOKEN: 'hf_d' }, { HF_TOKEN: 'hf_d' }],
  ['the other name of the token', { HUGGINGFACE_HUB_TOKEN: 'hf_h' }, {}, { HUGGINGFACE_HUB_TOKEN: 'hf_h' }],
  [
    'the address and who pays',
    { HF_TOKEN: 'hf_e', HF_BILL_TO: 'org' },
    { HF_BASE_URL: 'http://x/v1' },
    { HF_TOKEN: 'hf_e', HF_BILL_TO: 'org', HF_BASE_URL: 'http://x/v1' },
  ],
  ['names that are not ours', { HF_TOKEN: 'hf_e', HOME: '/' }, { OTHER: '1' }, { HF_TOKEN: 'hf_e', OTHER: '1' }],
])('hands on %s', async (_title, environment, devVars, expected) => {
  const { vars, router } = await plan(environment, devVars)
  expect(router.kind).toBe('router')
  expect(vars).toEqual({ ...expected, HUGWAY_API_KEY: LOCAL.apiKey, HUGWAY_ADMIN_TOKEN: LOCAL.adminToken })
})

test('every setting of the environment reaches the Worker, on a laptop and in a container', async () => {
  const source = readFileSync(new URL('../../src/settings.ts', import.meta.url), 'utf8')
  const names = [...source.matchAll(/^ {2}readonly ([A-Z_]+)\?: string$/gm)].flatMap(([, name]) => name ?? [])
  expect(names).toContain('HUGWAY_OTLP_URL')
  const environment = Object.fromEntries(names.map((name) => [name, `of ${name}`]))
  expect((await plan(environment)).vars).toEqual(environment)
})

test.each<[title: string, environment: Vars, devVars: Vars]>([
  ['there is no token', {}, {}],
  ['the token is the example’s', {}, { HF_TOKEN: 'hf_...' }],
  ['there is an address but no token', { HF_BASE_URL: 'http://x/v1' }, {}],
])('starts the simulator when %s', async (_title, environment, devVars) => {
  const { vars, router } = await plan(environment, devVars)
  expect(router).toEqual({ kind: 'simulator' })
  expect(vars).toMatchObject({ HF_TOKEN: 'hf_simulated', HF_BASE_URL: SIMULATOR })
})

test('makes no keys and no simulator when there is no need', async () => {
  const makeKeys = vi.fn(() => LOCAL)
  const simulate = vi.fn(async () => SIMULATOR)
  await planSettings({ HF_TOKEN: 'hf_e', HUGWAY_API_KEY: 'k', HUGWAY_ADMIN_TOKEN: 'a' }, {}, makeKeys, simulate)
  expect(makeKeys).not.toHaveBeenCalled()
  expect(simulate).not.toHaveBeenCalled()
})

describe('the text', () => {
  test('holds local keys, and at most twelve lines', async () => {
    const text = formatReady('http://127.0.0.1:1', await plan({}), [], LINK)
    expect(text).toContain(`Bearer ${LOCAL.apiKey}"`)
    expect(text).toContain('simulator')
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(12)
  })

  test.each<[source: string, environment: Vars, devVars: Vars]>([
    ['the environment', { HF_TOKEN: 'hf_secret', HUGWAY_API_KEY: 'secret-1', HUGWAY_ADMIN_TOKEN: 'secret-2' }, {}],
    ['.dev.vars', {}, { HF_TOKEN: 'hf_secret', HUGWAY_API_KEY: 'secret-1', HUGWAY_ADMIN_TOKEN: 'secret-2' }],
  ])('names %s and keeps its secrets to itself', async (source, environment, devVars) => {
    const text = formatReady('http://127.0.0.1:1', await plan(environment, devVars), [], LINK)
    expect(text).toContain(source)
    expect(text).toContain('Bearer $HUGWAY_API_KEY"')
    expect(text).not.toContain('secret')
  })
})
