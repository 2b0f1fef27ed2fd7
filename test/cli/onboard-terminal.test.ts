import { mkdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { startGateway } from '../support/start-gateway.ts'
import { makeProject, type TestProject } from './support/hugway.ts'
import { KEY, startInTerminal, type TerminalRun, whyNoTerminal } from './support/pty.ts'

const missing = await whyNoTerminal()
if (missing) console.warn(`onboarding in a terminal is not tested: ${missing}`)

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

const start = (args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) =>
  startInTerminal(['onboard', ...args], project.root, project.environment({ HF_BASE_URL: router.url, ...environment }))

async function answer(run: TerminalRun, question: string, keys: string): Promise<void> {
  await run.until(question)
  run.type(keys)
}

/** Types a search, waits until it shows, and takes what is first. */
async function pick(run: TerminalRun, question: string, search: string, shown: string): Promise<void> {
  await answer(run, question, search)
  await answer(run, shown, KEY.enter)
}

async function answerToken(run: TerminalRun): Promise<void> {
  await answer(run, 'Provider', KEY.enter)
  await answer(run, 'Hugging Face token', `hf_typed${KEY.enter}`)
  await answer(run, 'Where to?', KEY.enter)
}

const kept = () => JSON.parse(project.cloud().kv['local'] ?? 'null')

describe.skipIf(missing !== undefined)('in a terminal', () => {
  test('a newcomer answers five questions, and Enter alone changes nothing the second time', async () => {
    const run = await start()
    await answerToken(run)
    await pick(run, 'Default model', 'qwen3-8b', 'Qwen3 8B')
    await run.until('Prefer a backend?')
    await run.until('nscale')
    run.type(`${KEY.down}${KEY.enter}`)
    await answer(run, 'Fallbacks', 'gpt-oss-120b')
    await run.until('GPT-OSS 120B - 131k context')
    run.type(`${KEY.tab}${KEY.enter}`)
    await answer(run, 'Give aliases to them?', KEY.enter)
    await answer(run, 'Alias of huggingface/Qwen/Qwen3-8B:', KEY.enter)
    await run.until('Alias of huggingface/openai/gpt-oss-120b')
    run.type(KEY.enter)
    await answer(run, 'Write the configuration and the token to', KEY.enter)
    expect(await run.ended, run.screen()).toBe(0)
    expect(run.screen()).not.toContain('hf_typed')
    expect(project.read('.dev.vars')).toBe('HF_TOKEN=hf_typed\n')
    const { model, models } = kept().agents.defaults
    expect(model.primary).toMatch(/^huggingface\/Qwen\/Qwen3-8B:[a-z-]+$/)
    expect(model.fallbacks).toEqual(['huggingface/openai/gpt-oss-120b'])
    expect(Object.keys(models)).toEqual([model.primary, ...model.fallbacks])

    const before = project.cloud().kv['local']
    const again = await start()
    await answer(again, 'Provider', KEY.enter)
    await answer(again, 'Use the HF_TOKEN of .dev.vars?', KEY.enter)
    await answer(again, 'Where to?', KEY.enter)
    await answer(again, 'Default model', KEY.enter)
    await answer(again, 'Fallbacks', KEY.enter)
    await answer(again, 'Write the configuration?', KEY.enter)
    expect(await again.ended, again.screen()).toBe(0)
    expect(again.screen()).toContain('Nothing to change')
    expect(project.cloud().kv['local']).toBe(before)
  })

  test.each(['cheapest', 'fastest'])(
    'a model that ends in :%s locks the provider: no backend is asked for',
    async (policy) => {
      const run = await start(['--huggingface-api-key', 'hf_flag'])
      await answer(run, 'Provider', KEY.enter)
      await answer(run, 'Where to?', KEY.enter)
      await pick(run, 'Default model', `deepseek-r1:${policy}`, `(${policy})`)
      await answer(run, 'Fallbacks', KEY.enter)
      await answer(run, 'Give aliases to them?', `n`)
      await answer(run, 'Write the configuration', KEY.enter)
      expect(await run.ended, run.screen()).toBe(0)
      expect(run.screen()).toContain('Provider locked')
      expect(run.screen()).not.toContain('Prefer a backend?')
      expect(kept().agents.defaults.model).toBe(`huggingface/deepseek-ai/DeepSeek-R1:${policy}`)
    },
  )

  test('each model is listed three times, with context and price', async () => {
    const run = await start(['--huggingface-api-key', 'hf_flag'])
    await answer(run, 'Provider', KEY.enter)
    await answer(run, 'Where to?', KEY.enter)
    await answer(run, 'Default model', 'qwen3-8b')
    await run.until('Qwen3 8B')
    await run.until('$0.05/$0.2 per 1M')
    for (const name of ['Qwen3 8B', 'Qwen3 8B (cheapest)', 'Qwen3 8B (fastest)']) {
      expect(run.screen()).toContain(`Qwen / ${name} - 41k context, $0.05/$0.2 per 1M`)
    }
    run.type(KEY.ctrlC)
    expect(await run.ended).toBe(1)
    expect(run.screen()).toContain('Cancelled. Nothing was written.')
    expect([project.has('.dev.vars'), kept()]).toEqual([false, null])
  })

  test('the built-in list is offered when the router is out of reach, and a no writes nothing', async () => {
    const run = await start(['--huggingface-api-key', 'hf_flag'], { HF_BASE_URL: 'http://127.0.0.1:9/v1' })
    await answer(run, 'Provider', KEY.enter)
    await run.until('The built-in list is used')
    await answer(run, 'Where to?', KEY.enter)
    await pick(run, 'Default model', 'kimi', 'Kimi K2.5')
    await answer(run, 'Fallbacks', KEY.enter)
    await answer(run, 'Give aliases to them?', 'n')
    await answer(run, 'Write the configuration', 'n')
    expect(await run.ended, run.screen()).toBe(0)
    expect([project.has('.dev.vars'), kept()]).toEqual([false, null])
  })

  test('Cloudflare is the other place: it goes on with the steps of deploy', async () => {
    const keys = { apiKey: 'hugway-team-key', adminToken: 'hugway-admin-team-token' }
    const settings = { HUGWAY_API_KEY: keys.apiKey, HUGWAY_ADMIN_TOKEN: keys.adminToken }
    const worker = await startGateway({ upstreamUrl: router.url, settings })
    try {
      project.setCloud({ url: worker.url })
      mkdirSync(project.path('.hugway/deployments'), { recursive: true })
      project.write('.hugway/deployments/production.json', JSON.stringify({ team: 'production', ...keys }))
      const run = await start(['--huggingface-api-key', 'hf_flag'])
      await answer(run, 'Provider', KEY.enter)
      await answer(run, 'Where to?', `${KEY.down}${KEY.enter}`)
      await answer(run, 'Whose deployment?', KEY.enter)
      await answer(run, 'Default model', KEY.enter)
      await answer(run, 'Prefer a backend?', KEY.enter)
      await answer(run, 'Fallbacks', KEY.enter)
      await answer(run, 'Give aliases to them?', 'n')
      await answer(run, 'Deploy the team "production" now?', KEY.enter)
      expect(await run.ended, run.screen()).toBe(0)
      expect(run.screen()).toContain(`${worker.url}/v1 is ready`)
      for (const secret of ['hf_flag', keys.apiKey, keys.adminToken]) expect(run.screen()).not.toContain(secret)
      expect(project.read('wrangler.toml')).toContain('[env.production]')
      expect(project.has('.dev.vars')).toBe(false)
    } finally {
      await worker.close()
    }
  })

  test.each([60, 80])('a terminal of %d columns shows every question whole', async (columns) => {
    const environment = project.environment({ HF_BASE_URL: router.url })
    const run = await startInTerminal(
      ['onboard', '--huggingface-api-key', 'hf_flag'],
      project.root,
      environment,
      columns,
    )
    await answer(run, 'Provider', KEY.enter)
    await answer(run, 'Where to?', KEY.enter)
    await pick(run, 'Default model', 'qwen3-8b', 'Qwen3 8B')
    await answer(run, 'Prefer a backend?', KEY.enter)
    await answer(run, 'Fallbacks', KEY.enter)
    await answer(run, 'Give aliases', 'n')
    await answer(run, 'Write the configuration', KEY.enter)
    expect(await run.ended, run.screen()).toBe(0)
    const wide = run
      .screen()
      .split(/[\r\n]+/)
      .filter((line) => line.startsWith('│') && line.length > columns)
    expect(wide).toEqual([])
  })

  test('a wrong token is told at once, and asked for again: nothing that was answered is lost', async () => {
    const isWrong = (token: unknown) => token === 'Bearer hf_wrong'
    router.script(({ path, headers }) =>
      path.includes('/chat/') && isWrong(headers['authorization']) ? { fault: 'status', status: 403 } : undefined,
    )
    const run = await start(['--huggingface-api-key', 'hf_wrong'])
    await answer(run, 'Provider', KEY.enter)
    await run.until('lacks the permission "Make calls to Inference Providers"')
    await answer(run, 'Hugging Face token', `hf_right${KEY.enter}`)
    await answer(run, 'Where to?', KEY.enter)
    await pick(run, 'Default model', 'r1 chea', 'DeepSeek R1 (cheapest)')
    await answer(run, 'Fallbacks', KEY.enter)
    await answer(run, 'Give aliases to them?', 'n')
    await answer(run, 'Write the configuration and the token', KEY.enter)
    expect(await run.ended, run.screen()).toBe(0)
    expect(project.read('.dev.vars')).toBe('HF_TOKEN=hf_right\n')
    expect(kept().agents.defaults.model).toBe('huggingface/deepseek-ai/DeepSeek-R1:cheapest')
  })

  test('two models of one alias are told at the prompt; aliases, own rows and the order of fallbacks are shown', async () => {
    const named = { 'huggingface/Qwen/Qwen3-8B': { alias: 'Everyday' } }
    const rows = [{ id: 'ours/Private-Model', name: 'Ours alone' }]
    const model = { primary: 'Qwen/Qwen3-8B', fallbacks: ['openai/gpt-oss-120b', 'zai-org/GLM-4.7'] }
    const document = {
      agents: { defaults: { model, models: named } },
      models: { providers: { huggingface: { models: rows } } },
    }
    project.setCloud({ kv: { local: JSON.stringify(document) } })
    const run = await start(['--huggingface-api-key', 'hf_flag'])
    await answer(run, 'Provider', KEY.enter)
    await answer(run, 'Where to?', KEY.enter)
    await answer(run, 'Default model', 'ours alone')
    await run.until('ours / Ours alone')
    for (const _letter of 'ours alone') run.type('\u007f')
    await pick(run, 'type to search', 'everyday', 'Qwen / Everyday')
    await answer(run, 'Prefer a backend?', KEY.enter)
    await answer(run, 'Fallbacks', KEY.enter)
    await run.until('1. openai/gpt-oss-120b')
    await run.until('2. zai-org/GLM-4.7')
    await answer(run, 'Give aliases to them?', 'y')
    await answer(run, 'Alias of openai/gpt-oss-120b', `\u0015everyday${KEY.enter}`)
    await run.until('is the alias of huggingface/Qwen/Qwen3-8B already')
    run.type(`\u0015Open${KEY.enter}`)
    await answer(run, 'Alias of zai-org/GLM-4.7', `\u0015OPEN${KEY.enter}`)
    await run.until('is the alias of openai/gpt-oss-120b already')
    run.type(`\u0015GLM${KEY.enter}`)
    await answer(run, 'Write the configuration', KEY.enter)
    expect(await run.ended, run.screen()).toBe(0)
    expect(kept().agents.defaults.models).toEqual({
      ...named,
      'openai/gpt-oss-120b': { alias: 'Open' },
      'zai-org/GLM-4.7': { alias: 'GLM' },
    })
  })

  test("a second operator is asked for a team's address and keys once", async () => {
    const keys = { HUGWAY_API_KEY: 'hugway-team-key', HUGWAY_ADMIN_TOKEN: 'hugway-admin-team-token' }
    const worker = await startGateway({ upstreamUrl: router.url, settings: keys })
    const begin = () => startInTerminal(['config', 'get', '--team', 'acme'], project.root, project.environment())
    try {
      const run = await begin()
      await answer(run, 'Its address', `\u0015${worker.url}${KEY.enter}`)
      await answer(run, 'Its admin token', `${keys.HUGWAY_ADMIN_TOKEN}${KEY.enter}`)
      await answer(run, 'A client key', `${keys.HUGWAY_API_KEY}${KEY.enter}`)
      expect(await run.ended, run.screen()).toBe(0)
      for (const secret of Object.values(keys)) expect(run.screen()).not.toContain(secret)
      const again = await begin()
      expect(await again.ended).toBe(0)
      expect(again.screen()).not.toContain('Its address')
    } finally {
      await worker.close()
    }
    const script = await project.hugway(['config', 'get', '--team', 'beta'])
    expect(script).toMatchObject({ code: 1, err: expect.stringContaining('deploy --team beta finds what is there') })
  })

  test('a model that the list does not have is asked about', async () => {
    const run = await start(['--huggingface-api-key', 'hf_flag', '--model', 'qwen/qwen3-8b:fastest'])
    await answer(run, 'Provider', KEY.enter)
    await answer(run, 'Where to?', KEY.enter)
    await answer(run, 'is not on the router', 'n')
    await run.until('Default model')
    run.type(KEY.ctrlC)
    expect(await run.ended).toBe(1)
  })
})
