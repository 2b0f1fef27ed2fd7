import { statSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeIgnoredEnv, readDevVars } from '../../src/cli/project.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { startGateway } from '../support/start-gateway.ts'
import { makeProject, type TestProject } from './support/hugway.ts'

let router: Simulator
let project: TestProject
beforeAll(async () => {
  router = await startSimulator({ tokenDelayMs: 0 })
})
afterAll(() => router.close())
beforeEach(() => {
  project = makeProject()
})
afterEach(() => {
  router.reset()
  project.remove()
})

const TOKEN = 'hf_NeverPrinted'
const FLAGS = ['onboard', '--non-interactive', '--huggingface-api-key', TOKEN]
const onboard = (...more: string[]) => project.hugway([...FLAGS, ...more], { HF_BASE_URL: router.url })
const kept = () => JSON.parse(project.cloud().kv['local'] ?? 'null')
const refuseChat = (status: number) =>
  router.script(({ path }) => (path.includes('/chat/') ? { fault: 'status', status } : undefined))

test('a token is all that is needed, and the second run changes nothing', async () => {
  const first = await onboard()
  expect(first.code, first.err).toBe(0)
  expect(kept()).toEqual({ agents: { defaults: { model: 'huggingface/deepseek-ai/DeepSeek-R1' } } })
  expect(project.read('.dev.vars')).toBe(`HF_TOKEN=${TOKEN}\n`)
  expect(statSync(project.path('.dev.vars')).mode & 0o777).toBe(0o600)
  for (const where of [project.path('.dev.vars'), 'the local KV in']) expect(first.err).toContain(where)
  const chat = router.requests.find(({ path }) => path.includes('/chat/'))
  expect(chat?.headers['authorization']).toBe(`Bearer ${TOKEN}`)
  expect(JSON.parse(chat?.bodyText ?? '')).toMatchObject({ max_tokens: 1 })
  const before = project.cloud().kv['local']
  const second = await onboard()
  expect(second.err).toContain('Nothing to change in the local KV')
  expect(second.err).toContain('.dev.vars already')
  expect(project.cloud().kv['local']).toBe(before)
  expect(`${first.out}${first.err}${second.out}${second.err}`).not.toContain(TOKEN)
})

test('model, fallbacks and aliases are added to what a person set, which stays', async () => {
  const document = `// by hand
{ agents: { defaults: {
  model: { primary: "Qwen/Qwen3-8B", fallbacks: ["zai-org/GLM-4.7"] }, // mine
  models: { "Qwen/Qwen3-8B": { alias: "My Qwen" } },
} }, hugway: { holdMs: 3 } }`
  project.setCloud({ kv: { local: document } })
  project.write('.dev.vars', '# mine\nHF_TOKEN=hf_old\nOTHER=1\n')
  const flags = [
    '--fallback',
    'openai/gpt-oss-120b',
    '--fallback',
    'zai-org/GLM-4.7',
    '--alias',
    'Open = openai/gpt-oss-120b',
  ]
  const run = await onboard(...flags)
  expect(run.code, run.err).toBe(0)
  const text = project.cloud().kv['local'] ?? ''
  for (const comment of ['// by hand', '// mine', '"My Qwen"', 'holdMs: 3']) expect(text).toContain(comment)
  expect(project.read('.dev.vars')).toBe(`# mine\nHF_TOKEN=${TOKEN}\nOTHER=1\n`)
  const got = await project.hugway(['config', 'get', 'agents.defaults'])
  expect(JSON.parse(got.out)).toEqual({
    model: { primary: 'Qwen/Qwen3-8B', fallbacks: ['zai-org/GLM-4.7', 'huggingface/openai/gpt-oss-120b'] },
    models: { 'Qwen/Qwen3-8B': { alias: 'My Qwen' }, 'huggingface/openai/gpt-oss-120b': { alias: 'Open' } },
  })
  await onboard(...flags, '--model', 'Qwen/Qwen3-8B')
  expect(project.cloud().kv['local']).toBe(text)
})

describe('nothing is written when', () => {
  test.each<[what: string, args: readonly string[], code: number, said: RegExp]>([
    ['a model is none', ['--model', 'nope'], 2, /--model: "nope" is not a model/],
    ['an alias has no ref', ['--alias', 'X'], 2, /--alias takes "NAME=REF"/],
    ['an alias is two things', ['--alias', 'X=a/b', '--alias', 'x=c/d'], 2, /--alias "X" is given to several models/],
    ['it is to log in elsewhere', ['--auth-choice', 'openai'], 2, /--auth-choice is huggingface-api-key here/],
    ['what it is to take out is not there', ['--remove-alias', 'X'], 2, /"X" is no alias here/],
    ['an alias means a model', ['--alias', 'default=a/b'], 2, /--alias "default=/],
    ['it is a dry run', ['--dry-run'], 0, /Would change/],
  ])('%s', async (_what, args, code, said) => {
    const run = await onboard(...args)
    expect(run.err).toMatch(said)
    expect(run.code).toBe(code)
    expect([project.has('.dev.vars'), kept()]).toEqual([false, null])
  })

  test.each<[status: number, said: string]>([
    [401, 'Hugging Face does not know this token'],
    [403, 'lacks the permission "Make calls to Inference Providers"'],
  ])('the router answers the token with %d', async (status, said) => {
    refuseChat(status)
    const run = await onboard()
    expect(run.err).toContain(said)
    expect([run.code, project.has('.dev.vars'), kept()]).toEqual([1, false, null])
  })

  test('there is no token, and the flag is named', async () => {
    const run = await project.hugway(['onboard', '--non-interactive', '--huggingface-api-key', ''])
    expect(run).toEqual({
      code: 2,
      out: '',
      err: 'hugway: --huggingface-api-key is missing (or set HF_TOKEN in the environment)\n',
    })
  })

  test('the document there is broken', async () => {
    project.setCloud({ kv: { local: '{ hugway: ' } })
    const run = await onboard()
    expect(run.err).toContain('not JSON or JSON5')
    expect([run.code, project.has('.dev.vars'), project.cloud().kv['local']]).toEqual([1, false, '{ hugway: '])
  })
})

test.each([402, 429, 503])('a %d is a warning: the token may be good', async (status) => {
  refuseChat(status)
  const run = await onboard()
  expect(run.code).toBe(0)
  expect(run.err).toMatch(/warning: The token (works, but|could not be checked)/)
})

test('the built-in list stands in for a router that is out of reach', async () => {
  const run = await project.hugway(FLAGS, { HF_BASE_URL: 'http://127.0.0.1:9/v1' })
  expect(run.code).toBe(0)
  expect(run.err).toContain('The built-in list is used')
})

test('a token of the environment that goes before the one written is named', async () => {
  const run = await project.hugway(FLAGS, { HF_BASE_URL: router.url, HUGGINGFACE_HUB_TOKEN: 'hf_other' })
  expect(run.err).toContain('warning: HUGGINGFACE_HUB_TOKEN of the environment goes before it')
})

test('a token of the environment is used, and one of .dev.vars', async () => {
  const environment = { HF_BASE_URL: router.url, HUGGINGFACE_HUB_TOKEN: 'hf_environment' }
  expect((await project.hugway(['onboard', '--non-interactive'], environment)).code).toBe(0)
  expect(project.read('.dev.vars')).toBe('HF_TOKEN=hf_environment\n')
  const again = await project.hugway(['onboard', '--non-interactive'], { HF_BASE_URL: router.url })
  expect(again.err).toContain('.dev.vars already')
})

test('killed while it writes the configuration, the next run completes it', async () => {
  project.setCloud({ killing: 'kv key put' })
  const killed = await onboard('--model', 'Qwen/Qwen3-8B:cheapest')
  expect(killed.code).toBe(-1)
  const next = await onboard('--model', 'Qwen/Qwen3-8B:cheapest')
  expect(next.code, next.err).toBe(0)
  expect(kept().agents.defaults.model).toBe('huggingface/Qwen/Qwen3-8B:cheapest')
  expect(project.read('.dev.vars')).toContain(TOKEN)
})

test("OpenClaw's own command line works when it is pasted", async () => {
  const run = await onboard('--mode', 'local', '--auth-choice', 'huggingface-api-key')
  expect(run.code, run.err).toBe(0)
  expect(kept()).toEqual({ agents: { defaults: { model: 'huggingface/deepseek-ai/DeepSeek-R1' } } })
})

test('fallbacks and aliases are taken out by flags, and everything else stays', async () => {
  const document = `{ agents: { defaults: {
    model: { primary: "Qwen/Qwen3-8B", fallbacks: [
      "zai-org/GLM-4.7", // the big one
      "openai/gpt-oss-120b",
    ] },
    models: { "Qwen/Qwen3-8B": { alias: "Quick" } },
  } } } // ours`
  project.setCloud({ kv: { local: document } })
  const run = await onboard('--remove-fallback', 'openai/gpt-oss-120b', '--remove-alias', 'quick')
  expect(run.code, run.err).toBe(0)
  expect(project.cloud().kv['local']).toBe(
    document.replace('      "openai/gpt-oss-120b",\n', '').replace('{ alias: "Quick" }', '{ }'),
  )
})

test('a model that the router does not list is written with a warning that names the nearest', async () => {
  const run = await onboard('--model', 'qwen/Qwen3-8b')
  expect(run.code, run.err).toBe(0)
  expect(run.err).toContain('"huggingface/qwen/Qwen3-8b" is not on the router\'s list')
  expect(run.err).toContain('did you mean "huggingface/Qwen/Qwen3-8B"?')
})

test('a slip in a flag costs no call', async () => {
  await onboard('--alias', 'nonsense')
  await onboard('--team', 'Not A Team')
  expect(router.requests).toEqual([])
})

test('a Worker that serves the simulator has to be started again, and onboarding says so', async () => {
  const settings = { HF_TOKEN: 'hf_simulated', HUGWAY_ADMIN_TOKEN: 'hugway-admin-of-this-test' }
  const simulated = await startGateway({ upstreamUrl: router.url, settings })
  const environment = {
    HF_BASE_URL: router.url,
    HUGWAY_URL: simulated.url,
    HUGWAY_ADMIN_TOKEN: settings.HUGWAY_ADMIN_TOKEN,
  }
  const run = await project.hugway(FLAGS, environment)
  await simulated.close()
  expect(run.code, run.err).toBe(0)
  expect(run.err).toContain('npm start serves the simulator until it is started again')
})

test('where there is a .env and no .dev.vars, the token is found there and put there, as wrangler reads it', async () => {
  project.write('.env', '# shared\nOTHER=1\nHF_TOKEN=hf_of_env\n')
  const found = await project.hugway(['onboard', '--non-interactive'], { HF_BASE_URL: router.url })
  expect(found.code, found.err).toBe(0)
  expect(router.requests.find(({ path }) => path.includes('/chat/'))?.headers['authorization']).toBe('Bearer hf_of_env')
  await onboard()
  expect(project.read('.env')).toBe(`# shared\nOTHER=1\nHF_TOKEN=${TOKEN}\n`)
  expect(project.has('.dev.vars')).toBe(false)
  const doctor = await project.hugway(['doctor'], { HF_BASE_URL: router.url })
  expect(doctor.out).toContain('ok       token: HF_TOKEN is set in .env')
})

test('a .env beside a .dev.vars is not read, and that is said', () => {
  project.write('.env', 'HF_TOKEN=hf_of_env\n')
  expect(describeIgnoredEnv(project.root)).toBeUndefined()
  project.write('.dev.vars', 'HF_TOKEN=hf_of_dev_vars\n')
  expect(describeIgnoredEnv(project.root)).toContain('.env is not read')
  expect(readDevVars({ root: project.root })).toEqual({ HF_TOKEN: 'hf_of_dev_vars' })
})
