import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseServeFlags } from '../../src/cli/serve/serve-flags.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { environmentOf, ROOT } from './support/hugway.ts'
import { familyOf, freePort, survivors } from './support/start-process.ts'

let router: Simulator
let folder: string
beforeAll(async () => {
  router = await startSimulator({ requireToken: true, tokenDelayMs: 0 })
  folder = mkdtempSync(join(tmpdir(), 'hugway-serve-'))
})
afterAll(async () => {
  await router.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What the container runs, in an empty folder. */
function serve(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/serve.ts'), ...args], {
    cwd: folder,
    env: environmentOf({ HF_BASE_URL: router.url, ...environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, ended, output: () => output }
}

test('from an empty folder to an answer; what was configured is there after a restart, and nothing is left behind', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const bundle: string[] = []
  const start = async () => {
    const run = serve(['--port', String(port), '--data', 'data', ...bundle], { HF_TOKEN: 'hf_NeverPrinted' })
    await vi.waitFor(() => expect(run.output()).toContain(`hugway serves ${url}`), { timeout: 90_000, interval: 100 })
    return run
  }
  const first = await start()
  const keysFile = join(folder, 'data/keys.json')
  const keys = JSON.parse(readFileSync(keysFile, 'utf8'))
  expect(statSync(keysFile).mode & 0o777).toBe(0o600)
  expect(first.output()).toContain(`client key   HUGWAY_API_KEY of ${keysFile}`)
  for (const secret of ['hf_NeverPrinted', keys.apiKey, keys.adminToken]) expect(first.output()).not.toContain(secret)

  const health = await (await fetch(`${url}/health`)).json()
  expect(health).toMatchObject({ status: 'ok', upstream: 'other' })
  // The cron trigger's work was done at the start: nobody had asked for a model yet.
  await vi.waitFor(() => expect(router.requests.map(({ path }) => path)).toContain('/v1/models'), { timeout: 10_000 })
  const admin = { authorization: `Bearer ${keys.adminToken}` }
  const written = '{ agents: { defaults: { model: "Qwen/Qwen3-8B" } } } // ours'
  expect((await fetch(`${url}/admin/config`, { method: 'PUT', headers: admin, body: written })).status).toBe(200)
  const made = await fetch(`${url}/admin/keys`, { method: 'POST', headers: admin, body: '{"name": "laptop"}' })
  const { key } = (await made.json()) as { key: string }
  const chat = async () => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'Say hello' }] }),
    })
    return answer.text()
  }
  expect(await chat()).toMatch(/"model":"Qwen\/Qwen3-8B"[\s\S]*data: \[DONE\]/)
  expect((await fetch(`${url}/console/`)).status).toBe(200)

  const family = familyOf(first.child.pid)
  expect(family.map(({ command }) => command).join('\n')).toMatch(/workerd/)
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(survivors(family)).toEqual([])

  bundle.push('--bundle', join(folder, 'data/bundle/worker.js'))
  const second = await start()
  expect(await chat()).toContain('[DONE]')
  const read = await fetch(`${url}/admin/config`, { headers: { ...admin, accept: 'application/json5' } })
  expect(await read.text()).toBe(written)
  second.child.kill('SIGINT')
  expect(await second.ended).toBe(0)
}, 180_000)

test.each<[what: string, args: readonly string[], said: RegExp]>([
  ['no token', [], /HF_TOKEN is not set/],
  ['an address that is none', ['--host', 'a b'], /--host takes an address/],
  ['an unknown flag', ['--dat', 'x'], /--dat/],
])('%s is one line and exit code 2', async (_what, args, said) => {
  const run = serve(args)
  expect(await run.ended).toBe(2)
  expect(run.output()).toMatch(said)
  expect(run.output().trim().split('\n')).toHaveLength(1)
})

test('what the image runs is what the command takes', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  const [, script = '', ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  expect(existsSync(join(ROOT, script))).toBe(true)
  expect(parseServeFlags(args)).toEqual({
    ok: true,
    value: { do: 'serve', host: '0.0.0.0', port: 8787, data: '/data', bundle: 'dist/worker.js' },
  })
  expect(readFileSync(join(ROOT, '.dockerignore'), 'utf8')).toMatch(/^\.dev\.vars$[\s\S]*^\.env$[\s\S]*^\.hugway$/m)
})
