import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is wrong with the namespace: late, refusing, silent, or full of what nobody wrote. */
export type KvFault =
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'down' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'corrupt' }

/** A KV namespace in memory that the Worker reaches over workerd's own KV protocol. */
export type ScriptedKv = {
  readonly port: number
  /** How often each key was read, over the wire. A list counts under `list:<prefix>`. */
  readonly reads: ReadonlyMap<string, number>
  /** How often each key was written or deleted, over the wire. */
  readonly writes: ReadonlyMap<string, number>
  /** Holds for every call from now on; `undefined` heals the namespace. A call that hangs already goes on hanging. */
  fault: KvFault | undefined
  get(key: string): string | undefined
  /** A string is kept as it is, anything else as JSON. */
  set(key: string, value: unknown): void
  delete(key: string): void
  close(): Promise<void>
}

type Entry = { readonly value: Buffer; readonly expiresAt: number | undefined; readonly metadata: string | undefined }

const GARBAGE = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00, 0x3c, 0x21])

/** Starts an empty namespace on a free local port. */
export async function startScriptedKv(): Promise<ScriptedKv> {
  const entries = new Map<string, Entry>()
  const reads = new Map<string, number>()
  const writes = new Map<string, number>()
  const find = (key: string) => {
    const entry = entries.get(key)
    return entry?.expiresAt !== undefined && entry.expiresAt <= Date.now() ? undefined : entry
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://kv')
    const raw = url.pathname.slice(1)
    const key = keyOf(url)
    const body = await readAll(request)
    const isRead = request.method === 'GET'
    count(isRead ? reads : writes, raw === '' ? `list:${url.searchParams.get('prefix') ?? ''}` : key)
    const { fault } = kv
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'slow') await sleep(fault.ms)
    if (fault?.kind === 'down') end(response, 503)
    else if (!isRead) end(response, change(request, key, body, url.searchParams))
    else if (fault?.kind === 'corrupt') end(response, 200, GARBAGE)
    else if (raw === '') end(response, 200, Buffer.from(JSON.stringify(list(entries, url.searchParams))))
    else sendEntry(response, find(key))
  }

  function change(request: IncomingMessage, key: string, value: Buffer, query: URLSearchParams): number {
    if (request.method === 'PUT') entries.set(key, toEntry(value, request, query))
    else if (request.method === 'DELETE') entries.delete(key)
    else return 405
    return 200
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const kv: ScriptedKv = {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    reads,
    writes,
    fault: undefined,
    get: (key) => find(key)?.value.toString(),
    set(key, value) {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      entries.set(key, { value: Buffer.from(text), expiresAt: undefined, metadata: undefined })
    },
    delete: (key) => void entries.delete(key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return kv
}

function keyOf({ pathname, searchParams }: URL): string {
  const raw = pathname.slice(1)
  return searchParams.get('urlencoded') === 'true' ? decodeURIComponent(raw) : raw
}

function toEntry(value: Buffer, request: IncomingMessage, query: URLSearchParams): Entry {
  const ttl = query.get('expiration_ttl')
  const at = query.get('expiration')
  const metadata = request.headers['cf-kv-metadata']
  return {
    value,
    expiresAt: ttl !== null ? Date.now() + Number(ttl) * 1000 : at !== null ? Number(at) * 1000 : undefined,
    metadata: typeof metadata === 'string' ? metadata : undefined,
  }
}

function sendEntry(response: ServerResponse, entry: Entry | undefined): void {
  if (entry?.metadata !== undefined) response.setHeader('cf-kv-metadata', entry.metadata)
  if (entry?.expiresAt !== undefined) response.setHeader('cf-expiration', String(Math.floor(entry.expiresAt / 1000)))
  end(response, entry ? 200 : 404, entry?.value)
}

/** The names with a prefix, in order; a cursor is the last name of the page before. */
function list(entries: ReadonlyMap<string, Entry>, query: URLSearchParams): object {
  const limit = Number(query.get('key_count_limit') ?? 1000)
  const after = query.get('cursor') ?? ''
  const names = [...entries.keys()].filter((name) => name.startsWith(query.get('prefix') ?? '') && name > after).sort()
  const page = names.slice(0, limit)
  const keys = page.map((name) => ({ name, metadata: entries.get(name)?.metadata }))
  const isComplete = page.length === names.length
  return { keys, list_complete: isComplete, cacheStatus: null, ...(isComplete ? {} : { cursor: page.at(-1) }) }
}

function end(response: ServerResponse, status: number, body?: Buffer): void {
  response.writeHead(status)
  response.end(body)
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
