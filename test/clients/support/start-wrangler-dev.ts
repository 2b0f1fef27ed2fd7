import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../support/build-bundle.ts'
import { API_KEY } from './start-pair.ts'

/** A port where nobody listens: what wrangler would ask the internet for fails at once. */
const NO_NETWORK = 'http://127.0.0.1:9'
const START_LIMIT_MS = 40_000

/** The Worker as a developer runs it, with a KV of its own. */
export type WranglerDev = { readonly url: string; close(): Promise<void> }

/**
 * Starts `wrangler dev` offline, with the same names of settings as a deployment.
 *
 * @param more Further settings, as `NAME:value`.
 * @throws When it does not answer in time, with what it said.
 */
export async function startWranglerDev(upstreamUrl: string, more: readonly string[] = []): Promise<WranglerDev> {
  const state = mkdtempSync(join(tmpdir(), 'hugway-dev-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const vars = [`HF_BASE_URL:${upstreamUrl}`, 'HF_TOKEN:hf_test_token', `HUGWAY_API_KEY:${API_KEY}`, ...more]
  const args = ['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', state]
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  const child = spawn(process.execPath, [wrangler, ...args, ...vars.flatMap((text) => ['--var', text])], {
    cwd: ROOT,
    env: {
      ...process.env,
      CI: '1',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      HTTP_PROXY: NO_NETWORK,
      HTTPS_PROXY: NO_NETWORK,
      NO_PROXY: '127.0.0.1,localhost',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const close = async () => {
    child.kill('SIGTERM') // wrangler hands it on to what it started
    await ended
    rmSync(state, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_LIMIT_MS
  while (!(await answers(url))) {
    if (child.exitCode === null && Date.now() < deadline) continue
    await close()
    throw new Error(`wrangler dev did not start: ${said.join('')}`)
  }
  return { url, close }
}

async function answers(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 100))
  const health = await fetch(`${url}/health`).catch(() => undefined)
  await health?.body?.cancel()
  return health?.status === 200
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
