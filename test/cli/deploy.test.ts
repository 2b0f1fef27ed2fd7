import { readdirSync, statSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { makeProject, type TestProject } from './support/hugway.ts'

const KEYS = { apiKey: 'hugway-team-key', adminToken: 'hugway-admin-team-token' }
const TOKEN = 'hf_NeverPrinted'

let router: Simulator
let worker: Gateway
let project: TestProject
beforeAll(async () => {
  router = await startSimulator({ tokenDelayMs: 0 })
  const settings = { HUGWAY_API_KEY: KEYS.apiKey, HUGWAY_ADMIN_TOKEN: KEYS.adminToken }
  worker = await startGateway({ upstreamUrl: router.url, settings })
})
afterAll(async () => {
  await worker.close()
  await router.close()
})
beforeEach(() => {
  project = makeProject()
  project.setCloud({ url: worker.url })
})
afterEach(() => project.remove())

/** As if an earlier run had been killed behind making the keys: the live check needs those of the running Worker. */
async function keepKeys(team: string): Promise<void> {
  project.setCloud({ failing: 'secret bulk' })
  await deploy('--team', team)
  project.setCloud({ failing: '' })
  project.write(`.hugway/deployments/${team}.json`, JSON.stringify({ team, ...KEYS }))
}

const deploy = (...args: string[]) => project.hugway(['deploy', ...args], { HF_TOKEN: TOKEN })
const commands = () => project.cloud().calls.map(({ args }) => args.slice(0, 3).join(' '))

test('a team gets its section, its namespace, its secrets, its configuration, and a live check', async () => {
  const toml = project.read('wrangler.toml')
  const id = 'aaaaaaaa11111111aaaaaaaa11111111'
  const document = '{ hugway: { holdMs: 5 } }'
  project.setCloud({
    namespaces: [{ id, title: 'hugway-acme-HUGWAY_KV' }],
    kv: { local: document },
  })
  await keepKeys('acme')
  const run = await deploy('--team', 'acme')
  expect(run.code, run.err).toBe(0)
  expect(run.out).toBe(`${worker.url}\n`)
  const section = `
# The deployment "acme", added by \`hugway deploy\`.
[env.acme]
name = "hugway-acme"

[[env.acme.kv_namespaces]]
binding = "HUGWAY_KV"
id = "${id}"
`
  expect(project.read('wrangler.toml')).toBe(toml + section)
  const { secrets, kv, calls } = project.cloud()
  expect(secrets['acme']).toEqual({ HF_TOKEN: TOKEN, HUGWAY_API_KEY: KEYS.apiKey, HUGWAY_ADMIN_TOKEN: KEYS.adminToken })
  expect(kv[id]).toBe(document)
  expect(commands().at(-1)).toBe('deploy --env acme')
  const told = calls.map(({ args }) => args.join(' ')).join('\n')
  for (const secret of [TOKEN, KEYS.apiKey, KEYS.adminToken])
    expect(`${told}${run.out}${run.err}`).not.toContain(secret)
  for (const line of ['/health says ok', '/v1/models lists', 'The chat was answered by'])
    expect(run.err).toContain(line)

  const again = await deploy('--team', 'acme')
  expect(again.code, again.err).toBe(0)
  expect(project.read('wrangler.toml')).toBe(toml + section)
  expect(again.err).toContain('Every secret is set already')
  expect(again.err).toContain('which stays as it is')
})

test('without a team it is production: the Worker keeps its name, and is given keys of its own', async () => {
  const run = await deploy()
  expect(run.code).toBe(1) // the stand-in's Worker has other keys
  expect(project.read('wrangler.toml')).toContain('[env.production]\nname = "hugway"\n')
  const kept = JSON.parse(project.read('.hugway/deployments/production.json'))
  expect(kept).toMatchObject({ apiKey: expect.stringMatching(/^hugway-[\w-]{32}$/), url: worker.url })
  expect(project.cloud().secrets['production']).toMatchObject({ HUGWAY_API_KEY: kept.apiKey })
  expect(statSync(project.path('.hugway/deployments/production.json')).mode & 0o777).toBe(0o600)
  expect(run.err).toContain('/v1/models answered 401')
})

test('a dry run prints every step and changes nothing', async () => {
  const toml = project.read('wrangler.toml')
  const run = await deploy('--team', 'acme', '--dry-run')
  expect(run.code).toBe(0)
  for (const step of [
    'kv namespace create',
    'secret bulk --env acme',
    'kv key put config',
    'deploy --env acme',
    '/health',
  ]) {
    expect(run.out).toContain(step)
  }
  expect([project.cloud().calls, project.read('wrangler.toml'), project.has('.hugway')]).toEqual([[], toml, false])
})

describe('the same command goes on after a failure of', () => {
  test.each([
    'whoami',
    'kv namespace list',
    'kv namespace create',
    'secret list',
    'secret bulk',
    'kv key put',
    'deploy',
  ])('%s', async (step) => {
    project.write('mine.json5', '{ hugway: { holdMs: 9 } }')
    project.setCloud(step === 'whoami' ? { isLoggedIn: false } : { failing: step })
    const failed = await deploy('--team', 'acme', '--config', 'mine.json5')
    expect(failed.code, failed.err).toBe(1)
    const word = step === 'whoami' ? 'logged in' : 'Something is out of order'
    expect(failed.err).toContain(word)
    project.setCloud({ failing: '', isLoggedIn: true })
    const next = await deploy('--team', 'acme', '--config', 'mine.json5')
    expect(next.err).toContain(`Waiting for ${worker.url}/health`)
    const { secrets, kv, namespaces } = project.cloud()
    expect(namespaces.filter(({ title }) => title === 'hugway-acme-HUGWAY_KV')).toHaveLength(1)
    const kept = JSON.parse(project.read('.hugway/deployments/acme.json'))
    expect(secrets['acme']).toMatchObject({ HUGWAY_API_KEY: kept.apiKey, HUGWAY_ADMIN_TOKEN: kept.adminToken })
    expect(Object.values(kv)).toEqual(['{ hugway: { holdMs: 9 } }'])
    expect(project.read('wrangler.toml').match(/\[env\.acme\]/g)).toHaveLength(1)
  })

  test('a kill in the middle of any step', async () => {
    for (const killing of ['kv namespace create', 'secret bulk', 'deploy']) {
      project.setCloud({ killing })
      expect((await deploy('--team', 'acme')).code).toBe(-1)
    }
    const next = await deploy('--team', 'acme')
    expect(next.err).toContain('/health says ok')
    const kept = JSON.parse(project.read('.hugway/deployments/acme.json'))
    expect(project.cloud().secrets['acme']).toMatchObject({ HUGWAY_API_KEY: kept.apiKey })
    const left = readdirSync(project.root, { recursive: true }).filter((name) => String(name).endsWith('.tmp'))
    expect(left).toEqual([])
  })
})

test('onboarding goes on to the deployment, with the configuration it made', async () => {
  await keepKeys('acme')
  const flags = ['--huggingface-api-key', TOKEN, '--model', 'Qwen/Qwen3-8B:fastest', '--team', 'acme']
  const environment = { HF_BASE_URL: router.url }
  const run = await project.hugway(['onboard', '--non-interactive', ...flags], environment)
  expect(run.code, run.err).toBe(0)
  expect(run.out).toBe(`${worker.url}\n`)
  const { kv, secrets } = project.cloud()
  expect(Object.values(kv).map((text) => JSON.parse(text))).toEqual([
    { agents: { defaults: { model: 'huggingface/Qwen/Qwen3-8B:fastest' } } },
  ])
  expect(secrets['acme']).not.toHaveProperty('HF_BASE_URL') // on this machine: of no use there
  expect(project.has('.dev.vars')).toBe(false)

  // Now it is there: what it has is merged with, by its own address and with its history.
  const more = [...flags, '--alias', 'Quick=Qwen/Qwen3-8B:fastest']
  const second = await project.hugway(['onboard', '--non-interactive', ...more], environment)
  expect(second.err).toContain(`Written to ${worker.url}`)
  const third = await project.hugway(['onboard', '--non-interactive', ...more], environment)
  expect(third.err).toContain(`Nothing to change in ${worker.url}`)
  expect(third.err).toContain('Every secret is set already')
})

test('a token is replaced when another one is given, and nothing else is', async () => {
  await keepKeys('acme')
  await deploy('--team', 'acme')
  const calls = () => project.cloud().calls.filter(({ args }) => args.join(' ').startsWith('secret bulk'))
  const before = calls().length
  await deploy('--team', 'acme', '--huggingface-api-key', 'hf_new')
  expect(
    calls()
      .slice(before)
      .map(({ input }) => JSON.parse(input)),
  ).toEqual([{ HF_TOKEN: 'hf_new' }])
  await deploy('--team', 'acme', '--huggingface-api-key', 'hf_new')
  expect(calls()).toHaveLength(before + 1)
})
