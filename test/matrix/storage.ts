import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KvFault } from '../support/scripted-kv.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

/** What is wrong with KV, and what an isolate knew when it began. */
export type StorageCase = {
  readonly fault: KvFault
  readonly words: string
  /** Where it is not as for the others: what is no document at all counts as a broken one, of which the operator is told. */
  readonly expected?: Partial<Record<Question, number>>
}

/** What one client was told. */
export type Told = { readonly status: number; readonly code: string | undefined; readonly tookMs: number }

export type StorageResult = {
  readonly words: string
  /** By what was asked, in order. */
  readonly told: Readonly<Record<Question, Told>>
  readonly problems: readonly string[]
}

/** A question at a moment, and the status that keeps the promise: a good key is never called invalid. */
const EXPECTED = {
  'new isolate: a good key': 503,
  'new isolate: the operator': 503,
  'new isolate: a model list': 503,
  'KV is well again: a good key': 200,
  'isolate that knows both: a good key': 200,
  'isolate that knows both: a streamed chat': 200,
  'isolate that knows both: a key that it does not know': 503,
  'isolate that knows both: what cannot be a key': 401,
} as const
export type Question = keyof typeof EXPECTED
const QUESTIONS = Object.keys(EXPECTED) as readonly Question[]

export const STORAGE_CASES: readonly StorageCase[] = [
  { fault: { kind: 'down' }, words: 'refuses' },
  { fault: { kind: 'slow', ms: 3_000 }, words: 'takes three seconds' },
  { fault: { kind: 'hang' }, words: 'says nothing' },
  {
    fault: { kind: 'corrupt' },
    words: 'answers with what nobody wrote',
    expected: { 'new isolate: the operator': 200 },
  },
]

const KEY = `hw_${'k'.repeat(43)}`
const UNKNOWN_KEY = `hw_${'u'.repeat(43)}`
const NO_KEY = `hw_${'n'.repeat(42)}`
const MODEL = 'deepseek-ai/DeepSeek-R1'
const ALIAS = 'Our alias'
const CONFIG = { agents: { defaults: { model: MODEL, models: { [MODEL]: { alias: ALIAS } } } } }
/** A request waits for KV at most 1.5 s, once for the configuration and once for the key. */
const MAX_WAIT_MS = 4_500

/** Plays a fault of KV against a new isolate, and against one that knows the configuration and the key. */
export async function runStorage(
  { fault, words, expected = {} }: StorageCase,
  upstreamUrl: string,
): Promise<StorageResult> {
  const gateway = await startGateway({ upstreamUrl, config: CONFIG, settings: { HUGWAY_API_KEY: '' } })
  try {
    gateway.kv.set(`key:${createHash('sha256').update(KEY).digest('hex')}`, { name: 'laptop' })
    gateway.kv.fault = fault
    const cold = {
      'new isolate: a good key': await askChat(gateway, KEY, { model: ALIAS }),
      'new isolate: the operator': await tell(gateway, '/admin/config', 'test-admin-token'),
      'new isolate: a model list': await tell(gateway, '/v1/models', KEY),
    }
    gateway.kv.fault = undefined
    await sleep(1_500)
    const well = { 'KV is well again: a good key': await askChat(gateway, KEY) }
    gateway.kv.fault = fault
    const warm = {
      'isolate that knows both: a good key': await askChat(gateway, KEY),
      'isolate that knows both: a streamed chat': await askChat(gateway, KEY, { stream: true }),
      'isolate that knows both: a key that it does not know': await askChat(gateway, UNKNOWN_KEY),
      'isolate that knows both: what cannot be a key': await askChat(gateway, NO_KEY),
    }
    const told = { ...cold, ...well, ...warm }
    const all: Record<Question, number> = { ...EXPECTED, ...expected }
    const problems = QUESTIONS.flatMap((one) => problemsOf(`KV ${words}, ${one}`, all[one], told[one]))
    return { words, told, problems }
  } finally {
    await gateway.close()
  }
}

function problemsOf(where: string, expected: number, { status, code, tookMs }: Told): string[] {
  if (status !== expected) return [`${where}: expected ${expected}, got ${status} (${code})`]
  if (status === 503 && code !== 'storage_unavailable, retry') return [`${where}: 503 as ${code}`]
  return tookMs > MAX_WAIT_MS ? [`${where}: took ${tookMs} ms`] : []
}

function askChat(gateway: Gateway, key: string, more: object = {}): Promise<Told> {
  const body = { model: MODEL, messages: [{ role: 'user', content: 'x' }], ...more }
  return tell(gateway, '/v1/chat/completions', key, body)
}

async function tell({ url }: Gateway, path: string, key: string, body?: object): Promise<Told> {
  const startedAt = performance.now()
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
  const response = await fetch(url + path, { ...init, headers })
  const text = await response.text()
  const code = /"code":"(\w+)"/.exec(text)?.[1]
  const mayRetry = response.headers.get('retry-after') === '1' && response.headers.get('x-should-retry') === 'true'
  return {
    status: response.status,
    code: mayRetry ? `${code}, retry` : code,
    tookMs: Math.round(performance.now() - startedAt),
  }
}

/** Counts what KV is read for, when many clients come to a new isolate at once. */
export async function countReads(upstreamUrl: string, clients: number): Promise<Readonly<Record<string, number>>> {
  const gateway = await startGateway({ upstreamUrl, config: CONFIG, settings: { HUGWAY_API_KEY: '' } })
  try {
    const key = `key:${createHash('sha256').update(KEY).digest('hex')}`
    gateway.kv.set(key, { name: 'laptop' })
    gateway.kv.fault = { kind: 'slow', ms: 300 }
    const asked = Array.from({ length: clients }, () => askChat(gateway, KEY, { model: ALIAS }))
    const told = await Promise.all(asked)
    const served = told.filter(({ status }) => status === 200).length
    return { served, config: gateway.kv.reads.get('config') ?? 0, key: gateway.kv.reads.get(key) ?? 0 }
  } finally {
    await gateway.close()
  }
}

export function formatStorage(results: readonly StorageResult[]): string {
  const head = `| KV | ${QUESTIONS.join(' | ')} |\n| --- |${' --- |'.repeat(QUESTIONS.length)}`
  const rows = results.map(({ words, told }) => {
    const cells = QUESTIONS.map((question) => `${told[question].status}, ${told[question].tookMs} ms`)
    return `| ${words} | ${cells.join(' | ')} |`
  })
  return [head, ...rows].join('\n')
}
