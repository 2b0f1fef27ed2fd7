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

[[env.acme.durable_objects.bindings]]
name = "HUGWAY_PROJECTS"
class_name = "ProjectLedger"
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

const changing = () =>
  commands().filter((command) => !/^(?:whoami|secret list|kv namespace list|kv key get)/.test(command))

test('a dry run looks at what is there, says what the real one would do, and changes nothing', async () => {
  const toml = project.read('wrangler.toml')
  project.write('.dev.vars', `HF_TOKEN=hf_laptopabcd\nHF_BILL_TO=acme-inc\nHF_BASE_URL=https://router.example/v1\n`)
  const models = { 'a/1': {}, 'a/2': {}, 'a/3': {} }
  project.setCloud({ kv: { local: JSON.stringify({ agents: { defaults: { models } } }) } })
  const run = await project.hugway(['deploy', '--team', 'beta', '--dry-run'], { HF_BASE_URL: '' })
  expect(run.code, run.err).toBe(0)
  expect(run.out).toBe(`The team "beta", Worker hugway-beta
token: HF_TOKEN of .dev.vars, ends in abcd
bills: acme-inc (HF_BILL_TO of .dev.vars)
upstream: https://router.example/v1 (HF_BASE_URL of .dev.vars)
keys: HUGWAY_API_KEY and HUGWAY_ADMIN_TOKEN made here
configuration: this laptop's, 3 models

1. Create the KV namespace hugway-beta-HUGWAY_KV
   wrangler kv namespace create hugway-beta-HUGWAY_KV
2. Add [env.beta] to wrangler.toml
   (edits the file, keeps the rest)
3. Put HF_TOKEN, HF_BILL_TO, HF_BASE_URL, HUGWAY_API_KEY, HUGWAY_ADMIN_TOKEN
   wrangler secret bulk --env beta   (values through standard input)
4. Upload this laptop's
   wrangler kv key put config --path FILE --namespace-id ID --remote
5. Deploy the Worker hugway-beta
   wrangler deploy --env beta --keep-vars
6. Check it live
   GET /health, GET /v1/models, POST /v1/chat/completions
`)
  expect([changing(), project.read('wrangler.toml'), project.has('.hugway')]).toEqual([[], toml, false])
})

test("after README's way by hand a dry run finds all of it, and what differs from what is deployed", async () => {
  const id = 'aaaaaaaa11111111aaaaaaaa11111111'
  project.write('wrangler.toml', project.read('wrangler.toml').replace('0'.repeat(32), id))
  const set = { HF_TOKEN: 'hf_set', HUGWAY_API_KEY: 'x', HUGWAY_ADMIN_TOKEN: 'y' }
  project.setCloud({ secrets: { production: set }, kv: { [id]: '{ hugway: { holdMs: 5 } }', local: '{}' } })
  project.write('mine.json5', '{ hugway: { holdMs: 9 } }')
  const run = await deploy('--config', 'mine.json5', '--dry-run', '--bill-to', 'acme')
  expect(run.code, run.err).toBe(0)
  for (const line of [
    'token: as it is set there already',
    'bills: acme (--bill-to)',
    'keys: as they are set there already',
    'configuration: mine.json5, 0 models, in place of the one there:\n  ~ hugway.holdMs: 5 -> 9',
    `1. KV namespace ${id}\n   (there already)`,
    '2. Add [env.production] to wrangler.toml',
    '3. Put HF_BILL_TO\n',
  ]) {
    expect(run.out).toContain(line)
  }
  const kept = await deploy('--dry-run')
  expect(kept.out).toContain(
    "configuration: as it is there, 0 models; this laptop's differs, and stays here:\n  - hugway",
  )
})

test('a dry run that nobody is logged in for says so', async () => {
  project.setCloud({ isLoggedIn: false })
  expect(await deploy('--dry-run')).toMatchObject({ code: 1, err: expect.stringContaining('npx wrangler login') })
})

test('a Cloudflare token without a network is no missing login', async () => {
  project.setCloud({ failing: 'whoami' })
  const run = await project.hugway(['deploy', '--huggingface-api-key', TOKEN], { CLOUDFLARE_API_TOKEN: 'cf_hush' })
  expect(run.err).toMatch(
    /could not be asked who is logged in, with the CLOUDFLARE_API_TOKEN of the environment: .*order/,
  )
  expect(run.err).not.toMatch(/Nobody is logged in|cf_hush/)
})

test('two teams are both deployed, each with keys of its own', async () => {
  await keepKeys('alpha')
  await keepKeys('beta')
  const run = await deploy('--team', 'alpha', '--team', 'beta', '--json')
  expect(run.code, run.err).toBe(0)
  expect(JSON.parse(run.out)).toEqual(['alpha', 'beta'].map((team) => ({ team, url: worker.url })))
  for (const team of ['alpha', 'beta']) expect(project.read('wrangler.toml')).toContain(`[env.${team}]`)
  const twice = await project.hugway(['doctor', '--team', 'alpha', '--team', 'beta'])
  expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('--team is given twice') })
})

test('who pays is put when it is given, put again when it is another, and otherwise left alone', async () => {
  await keepKeys('acme')
  await deploy('--team', 'acme', '--bill-to', 'one')
  expect(project.cloud().secrets['acme']).toMatchObject({ HF_BILL_TO: 'one' })
  await deploy('--team', 'acme', '--bill-to', 'two')
  expect(project.cloud().secrets['acme']).toMatchObject({ HF_BILL_TO: 'two' })
  const count = () => commands().filter((command) => command.startsWith('secret bulk')).length
  const before = count()
  await deploy('--team', 'acme', '--bill-to', 'two')
  await deploy('--team', 'acme')
  expect(count()).toBe(before)
})

test('a section of an earlier version gets the bindings that it lacks', async () => {
  await keepKeys('acme')
  await deploy('--team', 'acme')
  const whole = project.read('wrangler.toml')
  const old = whole.slice(0, whole.lastIndexOf('\n[[env.acme.durable_objects'))
  project.write('wrangler.toml', old)
  const doctor = await project.hugway(['doctor'], { HF_BASE_URL: router.url })
  expect(doctor.out).toContain('FAILURE  bindings of acme: [env.acme] lacks HUGWAY_PROJECTS')
  const run = await deploy('--team', 'acme')
  expect(run.err).toContain('Wrote [env.acme] with HUGWAY_PROJECTS')
  expect(project.read('wrangler.toml')).toBe(whole)
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
