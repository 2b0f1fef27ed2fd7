import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noteAddress, readAddress } from '../../src/cli/start/local-address.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { makeProject, playNpx, type Run, type TestProject } from './support/hugway.ts'
import { freePort } from './support/start-process.ts'

let router: Simulator
let worker: Gateway
let project: TestProject
beforeAll(async () => {
  router = await startSimulator({ tokenDelayMs: 0 })
  worker = await startGateway({ upstreamUrl: router.url })
  project = makeProject()
})
afterAll(async () => {
  await worker.close()
  await router.close()
  project.remove()
})

const ENVIRONMENT = { HUGWAY_API_KEY: 'test-key', HUGWAY_ADMIN_TOKEN: 'test-admin-token' }
const at = (...args: string[]): Promise<Run> =>
  project.hugway([...args, '--url', worker.url], { ...ENVIRONMENT, HF_BASE_URL: router.url, HF_TOKEN: 'hf_test' })

describe('config of a running Worker', () => {
  test('is set, kept as versions, compared, and rolled back to; a change in between is not lost', async () => {
    expect((await at('config', 'get')).out).toBe('{}\n')
    const first = await at('config', 'set', 'hugway.holdMs', '1000')
    expect(first.code, first.err).toBe(0)
    const second = await at('config', 'set', 'hugway.holdMs', '2000')
    expect(second.err).toContain('~ hugway.holdMs: 1000 -> 2000')
    const history = JSON.parse((await at('config', 'history', '--json')).out)
    expect(history).toHaveLength(2)
    expect(history[0]).toMatchObject({ active: true, author: 'admin token', action: 'put' })
    const listed = await at('config', 'history')
    expect(listed.out.split('\n')[0]).toBe(`* ${history[0].id}  ${history[0].at}  admin token  put`)

    const [, { id }] = history
    expect((await at('config', 'diff', id)).out).toBe('~ hugway.holdMs: 2000 -> 1000\n')
    expect((await at('config', 'rollback', id, '--dry-run')).out).toBe('~ hugway.holdMs: 2000 -> 1000\n')
    const back = await at('config', 'rollback', id)
    expect(back.code, back.err).toBe(0)
    expect(JSON.parse((await at('config', 'get', 'hugway')).out)).toEqual({ holdMs: 1000 })
    const unknown = await at('config', 'rollback', '20200101T000000000Z-00000000')
    expect(unknown.code).toBe(1)

    const editor = `"${process.execPath}" -e "fetch(process.env.AT + '/admin/config', { method: 'PUT', headers: { authorization: 'Bearer test-admin-token' }, body: '{}' }).then(() => require('fs').writeFileSync(process.argv[1], '{ hugway: { holdMs: 9 } }'))"`
    const lost = await project.hugway(['config', 'edit', '--url', worker.url], {
      ...ENVIRONMENT,
      AT: worker.url,
      EDITOR: editor,
      VISUAL: '',
    })
    expect(lost.err).toContain('Somebody changed the configuration in the meantime')
    expect(lost.err).toMatch(/Your text is in \S+/)
    expect((await at('config', 'get')).out).toBe('{}\n')
  })

  test('is refused where it is bad, by the same check, before anything is sent', async () => {
    const { code, err } = await at('config', 'set', 'agents.defaults.model', 'nope')
    expect(code).toBe(1)
    expect(err).toContain('agents.defaults.model')
  })

  test('needs the right token, and never shows it', async () => {
    const environment = { ...ENVIRONMENT, HUGWAY_ADMIN_TOKEN: 'wrong-token' }
    const { code, err } = await project.hugway(['config', 'get', '--url', worker.url], environment)
    expect(code).toBe(1)
    expect(err).toContain('refused the admin token')
    expect(err).not.toContain('wrong-token')
  })

  test('a Worker that is not there is one line', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { code, err } = await project.hugway(['config', 'get', '--url', url], ENVIRONMENT)
    expect({ code, err }).toEqual({
      code: 1,
      err: `hugway: ${url} does not answer: nothing runs there. Start it: npm start\n`,
    })
  })
})

test('commands find npm start on the port that it was given, without being told', async () => {
  mkdirSync(project.path('.wrangler/hugway'), { recursive: true })
  const takeAway = noteAddress(project.path('.wrangler/hugway/address'), worker.url)
  const { code, out, err } = await project.hugway(['connect', 'env'], ENVIRONMENT)
  expect(code, err).toBe(0)
  expect(out).toContain(`export OPENAI_BASE_URL='${worker.url}/v1'`)
  takeAway()
  expect((await project.hugway(['connect', 'env'], ENVIRONMENT)).out).toContain("'http://127.0.0.1:8787/v1'")
})

test('who stops does not take away where a later npm start serves', () => {
  const path = project.path('.wrangler/hugway/address')
  const first = noteAddress(path, 'http://127.0.0.1:9001')
  const second = noteAddress(path, 'http://127.0.0.1:9002')
  first()
  expect(readAddress(path)).toBe('http://127.0.0.1:9002')
  second()
  expect(readAddress(path)).toBeUndefined()
})

test('keys are made, shown once, used, listed, rotated and revoked', async () => {
  const made = await at('keys', 'create', '--name', 'laptop', '--expires', '90d')
  expect(made.code, made.err).toBe(0)
  const key = made.out.trim()
  expect(key).toMatch(/^hw_\S+$/)
  const ask = (bearer: string) =>
    fetch(`${worker.url}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } }).then(({ status }) => status)
  expect(await ask(key)).toBe(200)
  const listed = await at('keys', 'list')
  expect(listed.out).toMatch(
    /^ID +STATUS +NAME +PROJECT +MADE +(?:LAST USED +)?ENDS\n\S+ +active +laptop +default +20\d\d-\d\d-\d\d \d\d:\d\d +/,
  )
  expect(listed.out).not.toContain(key)
  const rotated = await at('keys', 'rotate', 'laptop', '--overlap', '3')
  expect(rotated.code, rotated.err).toBe(0)
  expect(rotated.err).toMatch(/The old one \(\S+\) works until 20/)
  expect([await ask(key), await ask(rotated.out.trim())]).toEqual([200, 200])
  const keys = JSON.parse((await at('keys', 'list', '--json')).out)
  expect(keys).toHaveLength(2)
  const several = await at('keys', 'revoke', 'laptop')
  expect(several.err).toContain('Several active keys are called "laptop": name one by its id.')
  for (const { id } of keys) expect(several.err).toContain(id)
  const revoked = await at('keys', 'revoke', keys[0].id)
  expect(revoked.out).toContain('revoked')
  expect((await at('keys', 'revoke', 'nobody')).code).toBe(1)
  expect((await at('keys', 'create', '--expires', 'soon')).code).toBe(2)
})

describe('connect', () => {
  test('openclaw: a provider block with context, cost, usage in streams, and the id that discovers', async () => {
    await at('config', 'set', 'agents.defaults.model', 'huggingface/Qwen/Qwen3-8B:fastest')
    const { out, err, code } = await at('connect', 'openclaw', '--check')
    expect(code, err).toBe(0)
    expect(err).toMatch(/It works: \S+ answered ".+", with usage\./)
    const { default: JSON5 } = await import('json5')
    const { agents, models } = JSON5.parse(out)
    expect(agents.defaults.model.primary).toBe('litellm/huggingface/Qwen/Qwen3-8B:fastest')
    expect(models.providers.litellm).toMatchObject({
      baseUrl: `${worker.url}/v1`,
      apiKey: '$' + '{HUGWAY_API_KEY}',
      api: 'openai-completions',
    })
    expect(models.providers.litellm.models[0]).toEqual({
      id: 'huggingface/Qwen/Qwen3-8B:fastest',
      name: 'Qwen3 8B (fastest)',
      reasoning: false,
      input: ['text'],
      cost: { input: 0.05, output: 0.2, cacheRead: 0, cacheWrite: 0 },
      contextWindow: 40960,
      maxTokens: 8192,
      compat: { supportsUsageInStreaming: true },
    })
  })

  test('codex: a config.toml whose strings are quoted, proved by the call that Codex makes', async () => {
    const { out, err, code } = await at('connect', 'codex', '--check')
    expect(code, err).toBe(0)
    expect(out).toContain(`base_url = "${worker.url}/v1"`)
    expect(out).toContain('wire_api = "responses"')
    expect(out).toContain('model_context_window = 40960')
    expect(out).not.toContain('test-key')
    expect(err).toMatch(/It works: \S+ answered ".+", with usage\./)
  })

  test('claude-code: the variables of its shell, proved by the call that Claude Code makes', async () => {
    const { out, err, code } = await at('connect', 'claude-code', '--check')
    expect(code, err).toBe(0)
    // Without /v1: Claude Code adds it.
    expect(out).toContain(`ANTHROPIC_BASE_URL=${worker.url}\n`)
    expect(out).toContain('ANTHROPIC_AUTH_TOKEN="$HUGWAY_API_KEY"')
    expect(out).not.toContain('test-key')
    expect(err).toMatch(/It works: \S+ answered ".+", with usage\./)
  })

  test('curl --check runs the very text that it prints, where nobody has exported a key', async () => {
    mkdirSync(project.path('.wrangler/hugway'), { recursive: true })
    const keys = { apiKey: 'test-key-of-this-machine', adminToken: 'test-admin-of-this-machine' }
    project.write('.wrangler/hugway/local-keys.json', JSON.stringify(keys))
    const own = await startGateway({ upstreamUrl: router.url, settings: { HUGWAY_API_KEY: keys.apiKey } })
    const environment = { PATH: playNpx(project) }
    const run = await project.hugway(['connect', 'curl', '--check', '--url', own.url], environment)
    expect(run.code, run.err).toBe(0)
    expect(run.out).toMatch(/^eval "\$\(npx hugway connect env --url \S+\)"\ncurl -N /)
    expect(run.err).toContain('was run as it is, and streamed an answer')
    expect(run.out + run.err).not.toContain(keys.apiKey)
    const env = await project.hugway(['connect', 'env', '--url', own.url], environment)
    expect(env.out).toContain(`export HUGWAY_API_KEY='${keys.apiKey}'\n`)
    expect(env.out).toContain(`export OPENAI_BASE_URL='${own.url}/v1'\n`)
    await own.close()
  })

  test('another model than the default one is asked for by --model, by its alias too', async () => {
    await at('config', 'set', 'agents.defaults.models["huggingface/Qwen/Qwen3-32B"].alias', 'Big')
    const { out, code } = await at('connect', 'openai', '--model', 'big', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ baseUrl: `${worker.url}/v1`, model: 'huggingface/Qwen/Qwen3-32B' })
    expect((await at('connect', 'openai', '--model', 'nope/no/no')).err).toContain('--model:')
  })

  test.each(['openai', 'openai-python', 'ai-sdk', 'langchain', 'litellm', 'open-webui', 'continue', 'opencode'])(
    '%s: code with this address and no key in it',
    async (client) => {
      const { out, code } = await at('connect', client)
      expect(code).toBe(0)
      const address = client === 'open-webui' ? worker.url.replace('127.0.0.1', 'host.docker.internal') : worker.url
      expect(out).toContain(`${address}/v1`)
      expect(out).toContain('HUGWAY_API_KEY')
      expect(out).not.toContain('test-key')
      // Neither looks at `x-should-retry: false`.
      if (client === 'ai-sdk' || client === 'langchain') expect(out).toContain('maxRetries: 0')
    },
  )
})

describe('doctor', () => {
  test('finds everything in order, or says what to do', async () => {
    const { out, code, err } = await at('doctor')
    expect(out + err).toContain('ok       Worker:')
    expect(out).toContain('ok       default model huggingface/Qwen/Qwen3-8B:fastest')
    expect(code, out).toBe(0)
  })

  test('names what is gone, down, smaller or without tools', async () => {
    project.write(
      'bad.json5',
      JSON.stringify({
        agents: {
          defaults: {
            model: {
              primary: 'huggingface/deepseek-ai/DeepSeek-V3.2',
              fallbacks: [
                'huggingface/gone/model',
                'huggingface/deepseek-ai/DeepSeek-R1:sambanova',
                'huggingface/Qwen/Qwen3-8B',
              ],
            },
            models: { 'huggingface/Qwen/Qwen3-32B:ovhcloud': { alias: 'No tools' } },
          },
        },
      }),
    )
    const run = await project.hugway(['doctor', '--json', '--file', 'bad.json5'], {
      HF_BASE_URL: router.url,
      HF_TOKEN: 'x',
    })
    expect(run.code).toBe(1)
    const findings: { check: string; level: string; text: string; todo?: string }[] = JSON.parse(run.out)
    const of = (part: string) => findings.find(({ check }) => check.includes(part))
    expect(of('gone/model')).toMatchObject({ level: 'failure', text: 'is not on the router’s list' })
    expect(of(':sambanova')).toMatchObject({ level: 'failure', text: 'sambanova does not serve it now' })
    expect(of('Qwen3-8B')).toMatchObject({ level: 'warning', text: expect.stringContaining('context is smaller') })
    expect(of('No tools')).toMatchObject({ level: 'warning', text: 'none of its providers takes tools' })
    expect(findings.filter(({ level, todo }) => level !== 'ok' && !todo)).toEqual([])
  })

  test('--fix repairs permissions, the compatibility flag and an old catalog', async () => {
    const own = makeProject()
    own.write('.dev.vars', 'HF_TOKEN=hf_x\n')
    own.write('wrangler.toml', own.read('wrangler.toml').replace('"enable_request_signal"', '"nodejs_compat"'))
    const environment = { HF_BASE_URL: router.url }
    const before = await own.hugway(['doctor'], environment)
    expect(before.code).toBe(1)
    expect(before.out).toMatch(/FAILURE {2}compatibility flags.*\n +-> add/)
    expect(before.out).toContain('warning  .dev.vars: others on this machine can read it')
    expect((await own.hugway(['doctor', '--fix'], environment)).code).toBe(0)
    expect(own.read('wrangler.toml')).toMatch(/^compatibility_flags = \["nodejs_compat", .*"enable_request_signal"\]$/m)
    expect((await own.hugway(['doctor'], environment)).out).toContain('0 failure(s), 0 warning(s)')
    own.remove()
    const remote = await at('doctor', '--fix')
    expect(remote.out).toMatch(/ok {7}catalog: (renewed: )?14 models/)
  })

  test('takes neither a token nor the router for missing while the simulator answers here', async () => {
    const own = await startGateway({ upstreamUrl: router.url, settings: { HF_TOKEN: 'hf_simulated' } })
    const checkout = makeProject()
    mkdirSync(checkout.path('.wrangler/hugway'), { recursive: true })
    noteAddress(checkout.path('.wrangler/hugway/address'), own.url)
    const run = await checkout.hugway(['doctor'], ENVIRONMENT)
    expect(run.out).toContain('warning  token: neither HF_TOKEN nor HUGGINGFACE_HUB_TOKEN is set')
    expect(run.out).toContain('warning  router: ')
    expect(run.out).toContain('warning  upstream: a simulator answers')
    expect(run.code, run.out).toBe(0)
    checkout.remove()
    await own.close()
  })

  test.each(['HUGWAY_KV', 'HUGWAY_PROJECTS'])('misses the binding %s at the top of wrangler.toml', async (name) => {
    const own = makeProject()
    const toml = own.read('wrangler.toml')
    own.write(
      'wrangler.toml',
      toml.replace(new RegExp(`\\[\\[[a-z_.]+\\]\\]\\n(?:binding|name) = "${name}"\\n.*\\n`), ''),
    )
    const run = await own.hugway(['doctor'], { HF_BASE_URL: router.url, HF_TOKEN: 'hf_test' })
    expect(run.out).toContain(`FAILURE  bindings: wrangler.toml has no binding ${name}`)
    expect(run.code).toBe(1)
    own.remove()
  })

  test('says which permission the token lacks', async () => {
    router.script(({ path }) => (path.includes('/chat/') ? { fault: 'status', status: 403 } : undefined))
    const run = await project.hugway(['doctor'], { HF_BASE_URL: router.url, HF_TOKEN: 'hf_lacking' })
    router.reset()
    expect(run.code).toBe(1)
    expect(run.out).toContain('lacks the permission "Make calls to Inference Providers"')
    expect(run.out).not.toContain('hf_lacking')
  })

  test.each([
    ['client key', 'HUGWAY_API_KEY', 'refuses the HUGWAY_API_KEY of the environment', 'keys create makes one'],
    [
      'admin token',
      'HUGWAY_ADMIN_TOKEN',
      'refuses the HUGWAY_ADMIN_TOKEN of the environment',
      'take HUGWAY_ADMIN_TOKEN out',
    ],
  ])('tries the %s, and says what to do about a wrong one', async (check, name, said, todo) => {
    const environment = { ...ENVIRONMENT, HF_BASE_URL: router.url, HF_TOKEN: 'hf_test', [name]: 'wrong-one' }
    const run = await project.hugway(['doctor', '--url', worker.url], environment)
    expect(run.code).toBe(1)
    expect(run.out).toContain(`FAILURE  ${check}: ${worker.url} ${said}`)
    expect(run.out).toContain(todo)
    expect(run.out).not.toContain('wrong-one')
  })

  test('names the simulator, compares one clock, and warns of nothing right after the first start', async () => {
    const own = await startGateway({ upstreamUrl: router.url, settings: { HF_TOKEN: 'hf_simulated' } })
    const run = await project.hugway(['doctor', '--url', own.url], { ...ENVIRONMENT, HF_BASE_URL: router.url })
    expect(run.out).toContain('warning  upstream: a simulator answers, no model does')
    expect(run.out.match(/ clock: /g)).toHaveLength(1)
    expect(run.out).not.toContain('warning  catalog')
    const check = await project.hugway(['connect', 'openai', '--check', '--url', own.url], ENVIRONMENT)
    expect(check.err).toContain('It works: a simulator, in the place of huggingface/')
    await own.close()
  })
})
