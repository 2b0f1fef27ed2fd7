import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { readAddress } from '../../src/cli/start/local-address.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { familyOf, freePort, type Started, start, survivors } from './support/start-process.ts'

const READY = 'Ctrl-C stops everything.'
const ADDRESS = '.wrangler/hugway/address'
const CONFIG = JSON.stringify({ agents: { defaults: { model: { primary: 'huggingface/Qwen/Qwen3-8B' } } } })
const running: Started[] = []

function launch(...given: Parameters<typeof start>): Started {
  const started = start(...given)
  running.push(started)
  return started
}

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGTERM')
    await ended
  }
})

async function stopBy(signal: NodeJS.Signals, { child, ended }: Started): Promise<number | string> {
  child.kill(signal)
  child.kill(signal) // as a Ctrl-C in a terminal does
  return ended
}

/** Nobody listens: the port can be taken. */
async function takeAndGive(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  await new Promise((resolve) => server.close(resolve))
}

const printedCommand = (output: string, start: string) =>
  output
    .split('\n')
    .find((line) => line.trim().startsWith(start))
    ?.trim() ?? `no ${start}`
const runInShell = async (command: string) =>
  (await promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env['PATH'] } })).stdout
const bearerIn = (command: string) => /Bearer ([\w-]+)/.exec(command)?.[1] ?? ''

/** The console is there, and its link opens a session once. */
async function expectLinkSignsIn(port: number, link: string): Promise<void> {
  const page = await fetch(link)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).toContain('<div id="app">')
  const body = JSON.stringify({ code: /#code=(\S+)/.exec(link)?.[1] })
  const signIn = () => fetch(`http://127.0.0.1:${port}/admin/session`, { method: 'POST', body })
  const opened = await signIn()
  expect([opened.status, opened.headers.get('set-cookie')]).toEqual([201, expect.stringMatching(/^hugway-session=/)])
  expect((await signIn()).status).toBe(401)
}

test('a new user gets an answer, keeps the configuration over a restart, and finds nothing left behind', async () => {
  const port = await freePort()
  const first = launch(['--port', String(port)])
  await first.until(READY)
  expect(readAddress(ADDRESS)).toBe(`http://127.0.0.1:${port}`)
  expect(first.output()).toContain('No HF_TOKEN: answers come from a simulator')
  for (const noise of ['Request.cf', '⛅', 'bindings', 'Scheduled', 'Starting local server']) {
    expect(first.output()).not.toContain(noise)
  }
  // Nothing but npm start calls scheduled here: it reads the model list before anybody asks for it.
  const health = async () => (await fetch(`http://127.0.0.1:${port}/health`)).json()
  await vi.waitFor(
    async () => expect(await health()).toMatchObject({ upstream: 'simulator', catalog: { source: 'router' } }),
    10_000,
  )
  const curl = printedCommand(first.output(), 'curl -N')
  const streamed = await runInShell(curl)
  expect(streamed).toMatch(/^data: \{/)
  expect(streamed.match(/^data: /gm)?.length).toBeGreaterThan(5)
  expect(streamed).toContain('simulated')
  expect(streamed.trimEnd()).toMatch(/data: \[DONE\]$/)

  await expectLinkSignsIn(port, printedCommand(first.output(), `http://127.0.0.1:${port}/console/`))

  const admin = printedCommand(first.output(), `curl http://127.0.0.1:${port}/admin/config`)
  const before = await runInShell(admin)
  await runInShell(`${admin} -X PUT -d '${CONFIG}'`)
  const family = familyOf(first.child.pid)
  expect(family.map(({ command }) => command).join('\n')).toMatch(/workerd serve/)
  for (const secret of [bearerIn(curl), bearerIn(admin)]) {
    expect(secret).toMatch(/^hugway-/)
    expect(family.filter(({ command }) => command.includes(secret))).toEqual([])
  }
  expect(await stopBy('SIGINT', first)).toBe(0)
  expect(survivors(family)).toEqual([])
  await takeAndGive(port)
  expect(existsSync(`.wrangler/hugway/vars-${port}.env`)).toBe(false)
  expect(readAddress(ADDRESS)).not.toBe(`http://127.0.0.1:${port}`)

  const second = launch(['--port', String(port)])
  await second.until(READY)
  expect(printedCommand(second.output(), 'curl -N')).toBe(curl)
  expect(JSON.parse(await runInShell(admin))).toEqual(JSON.parse(CONFIG))
  expect(await runInShell(curl)).toContain('"model":"Qwen/Qwen3-8B"')
  await runInShell(`${admin} -X PUT -d '${before}'`)
  expect(await stopBy('SIGTERM', second)).toBe(0)
})

test('with a token it talks to the router that is set, and prints none of the secrets', async () => {
  const router = await startSimulator({ requireToken: true, tokenDelayMs: 0 })
  const port = await freePort()
  const secrets = { HF_TOKEN: 'hf_$ecret1', HUGWAY_API_KEY: 'mine-$ecret2', HUGWAY_ADMIN_TOKEN: 'mine-$ecret3-of-16' }
  const started = launch(['--port', String(port)], { ...secrets, HF_BASE_URL: router.url })
  await started.until(READY)
  expect(started.output()).toContain(`Answers come from ${router.url}, with HF_TOKEN.`)
  const curl = printedCommand(started.output(), 'curl -N')
  expect(await runInShell(`HUGWAY_API_KEY='${secrets.HUGWAY_API_KEY}'; ${curl}`)).toContain('[DONE]')
  expect(router.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${secrets.HF_TOKEN}`)
  const commands = familyOf(started.child.pid).map(({ command }) => command)
  expect([started.output(), ...commands].filter((text) => text.includes('$ecret'))).toEqual([])
  await stopBy('SIGHUP', started)
  await router.close()
})

test('nothing stays behind when it is killed and cannot clean up', async () => {
  const port = await freePort()
  const started = launch(['--port', String(port)])
  await started.until(READY)
  const family = familyOf(started.child.pid)
  const cli = family.find(({ command }) => / src\/cli\/start\.ts/.test(command) && !command.includes('installed.mjs'))
  process.kill(cli?.pid ?? 0, 'SIGKILL')
  await started.ended
  await vi.waitFor(() => expect(survivors(family)).toEqual([]), 10_000)
  await takeAndGive(port)
})

test('says so and ends when wrangler is killed', async () => {
  const started = launch(['--port', String(await freePort())])
  await started.until(READY)
  const family = familyOf(started.child.pid)
  process.kill(family.find(({ command }) => command.includes('wrangler-dist'))?.pid ?? 0, 'SIGKILL')
  expect(await started.ended).toBe(1)
  expect(started.output()).toContain('wrangler ended by itself')
  expect(survivors(family)).toEqual([])
})

test('a signal while it starts is heard', async () => {
  const started = launch(['--port', String(await freePort())])
  await vi.waitFor(() => expect(familyOf(started.child.pid).length).toBeGreaterThan(2), {
    interval: 20,
    timeout: 20_000,
  })
  const family = familyOf(started.child.pid)
  expect(await stopBy('SIGINT', started)).toBe(0)
  expect(survivors(family)).toEqual([])
})

test('everybody in the LAN is served when that is asked for, with a warning', async () => {
  const port = await freePort()
  const started = launch(['--port', String(port), '--host', '0.0.0.0'])
  await started.until(READY)
  expect(started.output()).toContain('Whoever can reach this machine can call it.')
  expect(started.output()).toContain(`hugway is ready on http://127.0.0.1:${port}`)
  const others = Object.values(networkInterfaces()).flat()
  const own = others.find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1'
  expect((await fetch(`http://${own}:${port}/health`)).status).toBe(200)
})

test('flags that npm took for itself are told, with the command that was meant', async () => {
  const started = launch([], { npm_lifecycle_event: 'start', npm_config_port: '9000' })
  expect(await started.ended).toBe(2)
  expect(started.output()).toBe('npm start: npm took --port for itself: write npm start -- ... --port ...\n')
})

test('a port in use is one clear line', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const started = launch(['--port', String(port)])
  expect(await started.ended).toBe(1)
  expect(started.output()).toBe(`npm start: port ${port} is in use: choose another by \`npm start -- --port N\`\n`)
  server.close()
})

test.each([['--prot'], ['--port=http']])('the bad flag %s is one clear line and exit code 2', async (flag) => {
  const started = launch([flag])
  expect(await started.ended).toBe(2)
  expect(started.output()).toMatch(/^npm start: .+\n$/)
})

test('--help tells the flags', async () => {
  const started = launch(['--help'])
  expect(await started.ended).toBe(0)
  expect(started.output()).toContain('--port N')
})
