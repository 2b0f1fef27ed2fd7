import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { closedPort } from '../support/closed-port.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { startWorker } from './start-worker.ts'
import { CHAT_WIRE, type StreamWire } from './surfaces.ts'
import { BARE, EMPTY, FLOOR, FROM_MEMORY } from './workers.ts'

/** Something that is measured: a process, and how it is called. */
export type Contender = {
  readonly name: string
  readonly pid: number
  readonly chatUrl: string
  readonly modelsUrl: string
  /** What a client has to send along. */
  readonly headers: Readonly<Record<string, string>>
  /** How its streams are written; absent: as chat completions. */
  readonly wire?: StreamWire
  close(): Promise<void>
}

/** The targets of the alias `Three in a row`. */
const CHAIN = ['bench-org/Model-1-Instruct', 'bench-org/Model-2-Instruct', 'bench-org/Model-3-Instruct']
export const ONE_TARGET = 'bench-org/Model-9-Instruct'
export const THREE_TARGETS = 'Three in a row'
const CONFIG = {
  agents: { defaults: { models: { [`huggingface/${CHAIN[0]}`]: { alias: THREE_TARGETS } } } },
  hugway: {
    maxBodyBytes: 16 * 1024 * 1024,
    projects: { bench: { budget: { usd: 1_000_000, per: 'month' } } },
    models: {
      [`huggingface/${CHAIN[0]}`]: { fallbacks: CHAIN.slice(1).map((id) => `huggingface/${id}`) },
      [`huggingface/${ONE_TARGET}`]: { fallbacks: false },
    },
  },
}

const BUDGETED_KEY = 'key-of-a-project-with-a-budget'
const UNBOUND_KEY = 'key-without-bounds'
/** What a client sends whose project has a budget, and one whose key is found the same way and has no bounds. */
export const BUDGETED = { authorization: `Bearer ${BUDGETED_KEY}` }
export const UNBOUND = { authorization: `Bearer ${UNBOUND_KEY}` }

const PORTKEY_VERSION = '1.15.2'
/** Newer ones make every answer of this version a 500. */
const PORTKEY_OVERRIDES = { hono: '4.9.7', '@hono/node-server': '1.13.5' }
const PORTKEY_INSTALL_LIMIT_MS = 180_000
const PORTKEY_START_LIMIT_MS = 15_000

/** A Worker that passes everything on. */
export const startFloor = (upstreamUrl: string): Promise<Contender> => startSmall('floor', FLOOR, upstreamUrl)

/** A Worker that does what any gateway must, and nothing with it. */
export const startBare = (upstreamUrl: string): Promise<Contender> => startSmall('bare', BARE, upstreamUrl)

async function startSmall(name: string, text: string, upstreamUrl: string): Promise<Contender> {
  const bindings = { UPSTREAM: new URL(upstreamUrl).origin }
  return contender(name, await startWorker({ modules: { 'worker.js': text }, bindings }))
}

/** hugway as it would be deployed. @param hugway Keys of the configuration below `hugway`, beside the bench's own. */
export async function startHugway(upstreamUrl: string, name = 'hugway', hugway: object = {}): Promise<Contender> {
  const config = { ...CONFIG, hugway: { ...CONFIG.hugway, ...hugway } }
  return asHugway(name, await startGateway({ upstreamUrl, config, isCompiled: true }))
}

/** A project's object that says each time that it is called. */
const COUNTED_LEDGER = `import { ProjectLedger as Ledger } from './worker.js'
export class ProjectLedger extends Ledger {
  exchange(call) {
    console.log('{"event":"exchange"}')
    return super.exchange(call)
  }
}
export default {}`

/** hugway, and how often its objects were called so far. */
export async function startCountedHugway(
  upstreamUrl: string,
): Promise<{ readonly hugway: Contender; readonly ledgerCalls: () => number }> {
  const gateway = await startGateway({ upstreamUrl, config: CONFIG, ledgerModule: COUNTED_LEDGER, isCompiled: true })
  const ledgerCalls = () => gateway.logs().filter(({ event }) => event === 'exchange').length
  return { hugway: asHugway('hugway', gateway), ledgerCalls }
}

function asHugway(name: string, gateway: Gateway): Contender {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  gateway.kv.set(`key:${sha256(BUDGETED_KEY)}`, { name: 'bench', project: 'bench' })
  gateway.kv.set(`key:${sha256(UNBOUND_KEY)}`, { name: 'unbound' })
  return contender(name, gateway, { authorization: 'Bearer test-key' })
}

/** A Worker that returns these bytes. */
export async function startFromMemory(list: string): Promise<Contender> {
  return contender('from memory', await startWorker({ modules: { 'worker.js': FROM_MEMORY, 'list.txt': list } }))
}

/** A Worker that does nothing. */
export async function startEmpty(): Promise<Contender> {
  return contender('empty', await startWorker({ modules: { 'worker.js': EMPTY } }))
}

/** Nothing in between: what the client and the upstream take by themselves. */
export function direct(upstreamUrl: string, pid: number): Contender {
  return contender('direct', { url: new URL(upstreamUrl).origin, pid, close: async () => {} })
}

/**
 * Portkey's gateway as npm ships it, on Node, with one target.
 *
 * @throws Where it cannot be installed or does not start.
 */
export async function startPortkey(upstreamUrl: string): Promise<Contender> {
  const directory = mkdtempSync(join(tmpdir(), 'hugway-portkey-'))
  let server: ChildProcess | undefined
  const kill = () => void server?.kill('SIGKILL')
  process.once('exit', kill)
  const close = async () => {
    process.off('exit', kill)
    kill()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const dependencies = { '@portkey-ai/gateway': PORTKEY_VERSION }
    const described = { private: true, dependencies, overrides: PORTKEY_OVERRIDES }
    writeFileSync(join(directory, 'package.json'), JSON.stringify(described))
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
    await promisify(execFile)('npm', args, { cwd: directory, timeout: PORTKEY_INSTALL_LIMIT_MS })
    const port = await closedPort()
    const script = join(directory, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js')
    server = spawn(process.execPath, [script, `--port=${port}`, '--headless'], { cwd: directory, stdio: 'ignore' })
    const url = `http://127.0.0.1:${port}`
    await untilItAnswers(url)
    const target = { provider: 'openai', api_key: 'test', custom_host: upstreamUrl }
    return contender('Portkey', { url, pid: server.pid ?? 0, close }, { 'x-portkey-config': JSON.stringify(target) })
  } catch (error) {
    await close()
    throw error
  }
}

/** A contender that is asked by another wire. */
export function askedBy(contender: Contender, wire: StreamWire): Contender {
  return { ...contender, name: wire.name, chatUrl: contender.chatUrl.replace(CHAT_WIRE.path, wire.path), wire }
}

type Running = { readonly url: string; readonly pid: number; close(): Promise<void> }

function contender(name: string, { url, pid, close }: Running, headers: Record<string, string> = {}): Contender {
  return {
    name,
    pid,
    chatUrl: `${url}/v1/chat/completions`,
    modelsUrl: `${url}/v1/models`,
    headers: { 'content-type': 'application/json', ...headers },
    close,
  }
}

async function untilItAnswers(url: string): Promise<void> {
  for (const deadline = Date.now() + PORTKEY_START_LIMIT_MS; Date.now() < deadline; await sleep(100)) {
    if (await fetch(url).catch(() => undefined)) return
  }
  throw new Error('it did not start in time')
}
