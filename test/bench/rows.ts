import { chatBody } from './bodies.ts'
import { type Load, measureCalls, measureLoad } from './cell.ts'
import {
  BUDGETED,
  type Contender,
  ONE_TARGET,
  startCountedHugway,
  startEmpty,
  startFromMemory,
  startHugway,
  THREE_TARGETS,
  UNBOUND,
} from './contenders.ts'
import { makeCall } from './load.ts'
import { cpuUs } from './measure.ts'
import { planningUs, planningWays } from './planning.ts'
import { type Bench, figuresOf, overFirst, type Row, type RowMaker, repeat, rounds } from './rounds.ts'
import type { Shape } from './shape.ts'
import { MEMORY_ROW_MAKER, STREAM_ROW_MAKERS } from './stream-rows.ts'

const KIB = 1024
const WHOLE: Shape = { kind: 'whole' }
/** hugway refuses more bodies at once than an isolate has room for. */
const BYTES_AT_ONCE = 16 * KIB * KIB

/** Every row of the table, in its order. */
export const ROW_MAKERS: readonly RowMaker[] = [
  wholeRow('whole, 1 KB body', 1_000, KIB, 'chat', 1.55),
  wholeRow('whole, 32 KB body', 400, 32 * KIB, 'chat', 1.65),
  wholeRow('whole, 1 MB body, long chat', 64, KIB * KIB, 'chat', 1.7),
  wholeRow('whole, 1 MB body, image', 64, KIB * KIB, 'image', 1.4),
  ...STREAM_ROW_MAKERS,
  { name: 'model list', measure: measureModelList },
  { name: 'chain', measure: measureChain },
  { name: 'features', measure: measureFeatures },
  { name: 'planning', measure: measurePlanning },
  MEMORY_ROW_MAKER,
  { name: 'start-up', measure: measureStart },
]

function wholeRow(name: string, count: number, bytes: number, kind: 'chat' | 'image', ratio: number): RowMaker {
  return {
    name,
    async measure({ upstream, contenders, isQuick }) {
      const body = chatBody(bytes, kind, { model: ONE_TARGET })
      const atOnce = Math.min(64, BYTES_AT_ONCE / bytes)
      const load: Load = { count: isQuick ? count / 4 : count, atOnce, shape: WHOLE, bodyOf: () => body }
      for (const contender of [...contenders, ...contenders]) await measureLoad(contender, load, upstream)
      const measured = await rounds(
        contenders,
        isQuick ? 3 : 15,
        async (contender) => (await measureLoad(contender, load, upstream)).cpuUs,
      )
      return [{ name: `${name}, ${atOnce} at once: CPU a request`, unit: 'µs', target: { ratio }, ...measured }]
    },
  }
}

async function measureModelList({ contenders, isQuick }: Bench): Promise<Row[]> {
  const hugway = contenders.find(({ name }) => name === 'hugway')
  if (!hugway) return []
  const call = { url: hugway.modelsUrl, method: 'GET', headers: hugway.headers } as const
  const { status, bytes, headers } = await makeCall(call)
  const list = await (await fetch(hugway.modelsUrl, { headers: hugway.headers })).text()
  const memory = await startFromMemory(list)
  try {
    const etag = String(headers.etag)
    const tagged = {
      name: 'hugway, 304',
      contender: hugway,
      call: { ...call, headers: { ...call.headers, 'if-none-match': etag } },
      expected: { status: 304, bytes: 0 },
    }
    const ways = [
      { name: memory.name, contender: memory, call: { ...call, url: memory.modelsUrl }, expected: { status, bytes } },
      { name: hugway.name, contender: hugway, call, expected: { status, bytes } },
      tagged,
    ]
    const count = isQuick ? 200 : 1_000
    for (const { contender, call, expected } of ways) await measureCalls(contender, count, 64, call, expected)
    const measured = await rounds(
      ways,
      isQuick ? 3 : 9,
      async ({ contender, call, expected }) => (await measureCalls(contender, count, 64, call, expected)).cpuUs,
    )
    return [
      {
        name: `model list of ${JSON.parse(list).data.length} models, ${bytes} bytes: CPU a request`,
        unit: 'µs',
        target: { ratio: 1.3 },
        ...measured,
      },
    ]
  } finally {
    await memory.close()
  }
}

/** An alias with two fallbacks against a model without any, when the first target answers. */
async function measureChain({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  const hugway = contenders.find(({ name }) => name === 'hugway')
  if (!hugway) return []
  const ways = [
    { name: 'one target', body: chatBody(KIB, 'chat', { model: ONE_TARGET }) },
    { name: 'hugway', body: chatBody(KIB, 'chat', { model: THREE_TARGETS }) },
  ]
  const loadOf = (body: string): Load => ({
    count: isQuick ? 250 : 1_000,
    atOnce: 64,
    shape: WHOLE,
    bodyOf: () => body,
  })
  for (const { body } of ways) await measureLoad(hugway, loadOf(body), upstream)
  const measured = await rounds(
    ways,
    isQuick ? 3 : 9,
    async ({ body }) => (await measureLoad(hugway, loadOf(body), upstream)).cpuUs,
  )
  return [{ name: 'a chain of three targets: CPU a request', unit: 'µs', target: { ratio: 1.05 }, ...measured }]
}

/** Records go to the ledger within two seconds of an answer, and leases nobody uses go back after three. */
const LEDGER_SETTLE_MS = 3_500

/**
 * What a request with more to decide costs against a plain one, in the same process, with the project's ledger in it: all that
 * goes on behind the answers counts too.
 */
async function measureFeatures({ upstream, isQuick }: Bench): Promise<Row[]> {
  const { hugway, ledgerCalls } = await startCountedHugway(upstream.url)
  const withKey = (key: typeof BUDGETED) => ({ ...hugway, headers: { ...hugway.headers, ...key } })
  const plain = { model: ONE_TARGET, max_tokens: 100 }
  const provider = { sort: 'price', ignore: ['novita'], max_price: { prompt: 5, completion: 5 } }
  const ways = [
    { name: 'plain', contender: withKey(UNBOUND), body: chatBody(KIB, 'chat', plain) },
    { name: 'a key with a budget', contender: withKey(BUDGETED), body: chatBody(KIB, 'chat', plain) },
    { name: 'preferences', contender: withKey(UNBOUND), body: chatBody(KIB, 'chat', { ...plain, provider }) },
  ]
  const count = isQuick ? 250 : 1_000
  const costOf = async ({ contender, body }: (typeof ways)[number]) => {
    const load = { count, atOnce: 64, shape: WHOLE, bodyOf: () => body, settleMs: LEDGER_SETTLE_MS }
    const before = ledgerCalls()
    const { cpuUs } = await measureLoad(contender, load, upstream)
    return { cpuUs, calls: (ledgerCalls() - before) / count }
  }
  try {
    for (const way of [...ways, ...ways]) await costOf(way)
    const measured = await repeat(ways, isQuick ? 3 : 15, costOf)
    const only = (...names: readonly string[]) => new Map([...measured].filter(([name]) => names.includes(name)))
    const cpu = (name: string, target: Row['target']): Row => ({
      name: `whole, 1 KB body, ${name}, its record included: CPU a request`,
      unit: 'µs',
      target,
      ...figuresOf(only('plain', name), ({ cpuUs }) => cpuUs),
    })
    const { values } = figuresOf(only('plain', 'a key with a budget'), ({ calls }) => calls * 1_000)
    return [
      cpu('a key with a budget', { ratio: 1.05 }),
      { name: 'calls of the ledger for 1,000 requests', unit: 'calls', target: undefined, values, ratios: {} },
      cpu('preferences', undefined),
    ]
  } finally {
    await hugway.close()
  }
}

/** In this process: what deciding a route adds to finding the targets, where the provider is chosen here. */
async function measurePlanning({ isQuick }: Bench): Promise<Row[]> {
  const ways = planningWays()
  const count = isQuick ? 5_000 : 50_000
  for (const way of ways) planningUs(way, 20_000)
  const { values } = await rounds(ways, isQuick ? 3 : 9, async (way) => planningUs(way, count))
  return [
    { name: 'a route among 121 models of 5 providers: CPU', unit: 'µs', target: { value: 20 }, values, ratios: {} },
  ]
}

/** Each start is a new process; its CPU time until it has answered once. The values are over the empty Worker's. */
async function measureStart({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  if (!contenders.some(({ name }) => name === 'hugway')) return []
  const starts = [
    { name: 'empty Worker', start: () => startEmpty() },
    { name: 'hugway', start: () => startHugway(upstream.url) },
  ]
  const measured = await rounds(starts, isQuick ? 3 : 20, async ({ start }) => {
    const contender = await start()
    try {
      return await startCost(contender)
    } finally {
      await contender.close()
    }
  })
  return [
    { name: 'start to first answer: CPU', unit: 'ms', target: undefined, ...measured },
    overFirst('start-up: CPU over an empty Worker', 15, measured.values),
  ]
}

async function startCost({ chatUrl, pid }: Contender): Promise<number> {
  // A path that no route has: it asks neither KV nor the upstream for anything.
  await makeCall({ url: new URL('/nothing', chatUrl).href, method: 'GET', headers: {} })
  return cpuUs(pid) / 1_000
}
