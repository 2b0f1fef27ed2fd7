import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { closedPort } from '../support/closed-port.ts'
import { openChat } from '../support/raw-client.ts'
import { TIMES, type Upstream } from './case.ts'
import { PATIENT_TIMES } from './disconnects.ts'
import { GIVE_UP_MS, type Order, type Subject, upstreamUrls } from './subject.ts'
import { CHAT } from './surface.ts'

const VERSION = '1.15.2'
/** Newer ones make every answer of this version a 500. */
const OVERRIDES = { hono: '4.9.7', '@hono/node-server': '1.13.5' }
const INSTALL_LIMIT_MS = 180_000
const START_LIMIT_MS = 15_000

/**
 * Installs Portkey's gateway into a temporary directory and starts it on Node, as its README does. Its best
 * configuration for this purpose goes along with every request: the strategy `fallback` on every status, one retry,
 * and `request_timeout` set to the time in which headers must come.
 *
 * @throws Where it cannot be installed or does not start.
 */
export async function startPortkey(simulatorUrl: string): Promise<{ subject: Subject; patient: Subject }> {
  const directory = mkdtempSync(join(tmpdir(), 'hugway-portkey-'))
  const dependencies = { '@portkey-ai/gateway': VERSION }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies, overrides: OVERRIDES }))
  let server: ChildProcess | undefined
  const close = async () => {
    server?.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
    await promisify(execFile)('npm', args, { cwd: directory, timeout: INSTALL_LIMIT_MS })
    const port = await closedPort()
    const script = join(directory, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js')
    server = spawn(process.execPath, [script, `--port=${port}`, '--headless'], { cwd: directory, stdio: 'ignore' })
    const child = server
    process.once('exit', () => child.kill('SIGKILL'))
    const url = `http://127.0.0.1:${port}`
    await untilItAnswers(url)
    const urls = upstreamUrls(simulatorUrl, await closedPort())
    const make = (times: typeof TIMES): Subject => ({
      name: 'Portkey',
      surface: CHAT,
      version: VERSION,
      open: (order) => open(url, urls, order, times),
      close,
    })
    return { subject: make(TIMES), patient: make(PATIENT_TIMES) }
  } catch (error) {
    await close()
    throw error
  }
}

function open(url: string, urls: Readonly<Record<Upstream, string>>, order: Order, { timeouts }: typeof TIMES) {
  const { models, stream, upstream, asksForUsage } = order
  const config = {
    strategy: { mode: 'fallback' },
    request_timeout: timeouts.headersMs + timeouts.firstTokenMs,
    // Not `use_retry_after_header`: with it this version answers every 429 with a failure of its own.
    retry: { attempts: 1 },
    targets: models.map((model) => ({
      provider: 'openai',
      api_key: 'test',
      custom_host: urls[upstream],
      override_params: { model },
    })),
  }
  const messages = [{ role: 'user', content: 'Say something.' }]
  const usage = asksForUsage && { stream_options: { include_usage: true } }
  const body = { model: models[0], stream, messages, ...usage }
  return openChat(url, body, { giveUpMs: GIVE_UP_MS, headers: { 'x-portkey-config': JSON.stringify(config) } })
}

async function untilItAnswers(url: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined)
    if (response) return
    await sleep(100)
  }
  throw new Error('it did not start in time')
}
