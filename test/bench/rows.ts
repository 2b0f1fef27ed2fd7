import { chatBody } from './bodies.ts'
import { type Load, measureCalls, measureLoad } from './cell.ts'
import {
  askedBy,
  BUDGETED,
  type Contender,
  ONE_TARGET,
  startBare,
  startEmpty,
  startFloor,
  startFromMemory,
  startHugway,
  THREE_TARGETS,
} from './contenders.ts'
import { makeCall } from './load.ts'
import { cpuUs, residentKiB, type Spread, spreadOf } from './measure.ts'
import { planningUs, planningWays } from './planning.ts'
import type { Shape } from './shape.ts'
import { CHAT_WIRE, type StreamWire, TRANSLATED_WIRES } from './surfaces.ts'
import type { Upstream } from './upstream.ts'

/** One line of the table: what was measured, for each contender. */
export type Row = {
  readonly name: string
  readonly unit: string
  /** The largest ratio, or the largest value, that is wanted of hugway. */
  readonly target: { readonly ratio?: number; readonly value?: number } | undefined
  readonly values: Readonly<Record<string, Spread>>
  /** To the first contender, in the same round. */
  readonly ratios: Readonly<Record<string, Spread>>
}

/** What the rows are measured with. */
export type Bench = {
  readonly upstream: Upstream
  /** The floor first, then hugway, then any others. */
  readonly contenders: readonly Contender[]
  readonly isQuick: boolean
}

export type RowMaker = { readonly name: string; measure(bench: Bench): Promise<readonly Row[]> }

const KIB = 1024
const WHOLE: Shape = { kind: 'whole' }
/** hugway refuses more bodies at once than an isolate has room for. */
const BYTES_AT_ONCE = 16 * KIB * KIB

/** Every row of the table, in its order. */
export const ROW_MAKERS: readonly RowMaker[] = [
  wholeRow('whole, 1 KB body', 1_000, KIB, 'chat', 1.3),
  wholeRow('whole, 32 KB body', 400, 32 * KIB, 'chat', 1.4),
  wholeRow('whole, 1 MB body, long chat', 64, KIB * KIB, 'chat', 1.4),
  wholeRow('whole, 1 MB body, image', 64, KIB * KIB, 'image', 1.4),
  streamRow('200 events, well-known provider', { events: 200, paceMs: 8, atOnce: 20, source: 'known', target: 1.5 }),
  streamRow('200 events, provider trusted lately', {
    events: 200,
    paceMs: 8,
    atOnce: 20,
    source: 'lately',
    target: 1.5,
  }),
  streamRow('200 events, well-known provider, usage not asked for', {
    events: 200,
    paceMs: 8,
    atOnce: 20,
    source: 'known',
    isUsageUnasked: true,
  }),
  streamRow('200 events, read event by event', { events: 200, paceMs: 8, atOnce: 20, source: 'new' }),
  streamRow('2,000 events, well-known provider', { events: 2_000, paceMs: 5, atOnce: 8, source: 'known', target: 1.5 }),
  streamRow('2,000 events, read event by event', { events: 2_000, paceMs: 5, atOnce: 8, source: 'new' }),
  { name: 'collecting', measure: measureCollecting },
  { name: 'free plan', measure: measureFreePlan },
  { name: 'surfaces', measure: measureSurfaces },
  { name: 'first token', measure: measureFirstToken },
  { name: 'model list', measure: measureModelList },
  { name: 'chain', measure: measureChain },
  { name: 'features', measure: measureFeatures },
  { name: 'planning', measure: measurePlanning },
  { name: 'memory', measure: measureMemory },
  { name: 'start-up', measure: measureStart },
]

/** Measures each contender once a round, in turn, every second round backwards. */
async function rounds<C extends { readonly name: string }>(
  contenders: readonly C[],
  count: number,
  measure: (contender: C) => Promise<number>,
): Promise<Pick<Row, 'values' | 'ratios'>> {
  const all = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < count; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      all.get(contender.name)?.push(await measure(contender))
    }
  }
  const [floor = []] = all.values()
  const spreads = (of: (values: readonly number[]) => readonly number[]) =>
    Object.fromEntries([...all].map(([name, values]) => [name, spreadOf(of(values))]))
  return {
    values: spreads((values) => values),
    ratios: spreads((values) => values.map((value, at) => value / (floor[at] ?? Number.NaN))),
  }
}

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

/** After so many clean streams hugway knows a provider well, and the code of every contender is compiled. */
const MANY_STREAMS = 500

type StreamKind = {
  readonly events: number
  readonly paceMs: number
  readonly atOnce: number
  /** Whether hugway knows the provider by many clean streams, trusts it since a moment ago, or not at all. */
  readonly source: 'known' | 'lately' | 'new'
  readonly isUsageUnasked?: boolean
  readonly target?: number
}

function streamRow(
  name: string,
  { events, paceMs, atOnce, source, target, isUsageUnasked = false }: StreamKind,
): RowMaker {
  return {
    name: `stream, ${name}`,
    async measure({ upstream, contenders, isQuick }) {
      const shape: Extract<Shape, { kind: 'stream' }> = {
        kind: 'stream',
        events: isQuick ? Math.min(events, 500) : events,
        paceMs: isQuick ? paceMs / 2 : paceMs,
        ...(source === 'known' && { provider: 'groq' }),
      }
      const usage = !isUsageUnasked && { stream_options: { include_usage: true } }
      let models = 0
      let model = ONE_TARGET
      const bodyOf = () => {
        if (source === 'new') model = `bench-org/New-${models++}`
        return chatBody(KIB, 'chat', { model, stream: true, ...usage })
      }
      const load: Load = { count: atOnce, atOnce, shape, bodyOf, isUsageUnasked }
      const short: Load = { ...load, shape: { ...shape, events: 2, paceMs: 1 } }
      for (const contender of contenders) {
        await measureLoad(contender, { ...short, count: source === 'known' ? MANY_STREAMS : 5, atOnce: 1 }, upstream)
      }
      const count = isQuick ? 2 : events > 1_000 ? 3 : 9
      const measured = await rounds(contenders, count, async (contender) => {
        if (source === 'lately') {
          model = `bench-org/Lately-${models++}`
          await measureLoad(contender, { ...short, count: 3, atOnce: 1 }, upstream)
        }
        return (await measureLoad(contender, load, upstream)).cpuUs
      })
      return [
        {
          name: `stream, ${name}${shape.events < events ? ` (only ${shape.events} here)` : ''}: CPU a stream`,
          unit: 'µs',
          target: target === undefined ? undefined : { ratio: target },
          ...measured,
        },
      ]
    },
  }
}

/** What it saves to hand on together what has come within a while, of sources that nobody knows yet. */
async function measureCollecting({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  const floor = contenders.filter(({ name }) => name === 'floor')
  const shape: Shape = { kind: 'stream', events: 200, paceMs: isQuick ? 4 : 8 }
  let models = 0
  const bodyOf = () =>
    chatBody(KIB, 'chat', {
      model: `bench-org/Collected-${models++}`,
      stream: true,
      stream_options: { include_usage: true },
    })
  const load: Load = { count: 20, atOnce: 20, shape, bodyOf }
  const collecting: Contender[] = []
  try {
    for (const collectMs of [0, 40, 100]) {
      collecting.push(await startHugway(upstream.url, `collectMs ${collectMs}`, { collectMs }))
    }
    const all = [...floor, ...collecting]
    for (const contender of all) await measureLoad(contender, { ...load, count: 40 }, upstream)
    const measured = await rounds(
      all,
      isQuick ? 2 : 9,
      async (contender) => (await measureLoad(contender, load, upstream)).cpuUs,
    )
    return [
      {
        name: 'stream, 200 events, read event by event, by hugway.collectMs: CPU a stream',
        unit: 'µs',
        target: undefined,
        ...measured,
      },
    ]
  } finally {
    await Promise.all(collecting.map((contender) => contender.close()))
  }
}

/**
 * What a free plan's limit of CPU is dearest for: a long answer of a source that nobody knows yet. The kernel's work is in
 * the floor as well, so what is over it is an estimate of what the plan counts.
 */
async function measureFreePlan({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  const shape = { kind: 'stream', events: isQuick ? 400 : 4_000, paceMs: 15 } as const
  let models = 0
  const bodyOf = () => chatBody(KIB, 'chat', { model: `bench-org/Cold-${models++}`, stream: true })
  const load: Load = { count: 4, atOnce: 4, shape, bodyOf, isUsageUnasked: true }
  const two = contenders.filter(({ name }) => name === 'floor' || name === 'hugway')
  const short: Load = { ...load, count: 50, shape: { ...shape, events: 50, paceMs: 2 } }
  for (const contender of two) await measureLoad(contender, short, upstream)
  const { values, ratios } = await rounds(
    two,
    1,
    async (contender) => (await measureLoad(contender, load, upstream)).cpuUs / 1_000,
  )
  const tokens = `4,000 tokens in 60 s of a new source${isQuick ? ' (a tenth of it here)' : ''}`
  return [
    { name: `${tokens}: CPU a stream`, unit: 'ms', target: undefined, values, ratios },
    overFirst(`${tokens}: CPU over the floor`, 10, values),
  ]
}

/** The same stream by the other two wires, against a chat that is read event by event as theirs always are. */
async function measureSurfaces({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  const hugway = contenders.find(({ name }) => name === 'hugway')
  if (!hugway) return []
  const wires = [CHAT_WIRE, ...TRANSLATED_WIRES]
  const shape: Shape = { kind: 'stream', events: 200, paceMs: isQuick ? 4 : 8 }
  let models = 0
  const loadOf = ({ bodyOf }: StreamWire): Load => ({
    count: 20,
    atOnce: 20,
    shape,
    // A model that nobody has asked before is not trusted yet.
    bodyOf: () =>
      bodyOf(
        chatBody(KIB, 'chat', {
          model: `bench-org/Surface-${models++}`,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
  })
  const ways = wires.map((wire) => ({ name: wire.name, contender: askedBy(hugway, wire), wire }))
  for (const { contender, wire } of [...ways, ...ways]) await measureLoad(contender, loadOf(wire), upstream)
  const measured = await rounds(
    ways,
    isQuick ? 3 : 9,
    async ({ contender, wire }) => (await measureLoad(contender, loadOf(wire), upstream)).cpuUs,
  )
  return [
    { name: 'stream, 200 events, by each surface: CPU a stream', unit: 'µs', target: { ratio: 1.5 }, ...measured },
  ]
}

/** One call at a time, so that what is seen is a way and not a queue. */
async function measureFirstToken({ upstream, contenders, isQuick }: Bench): Promise<Row[]> {
  const shape: Shape = { kind: 'stream', events: 5, paceMs: 5, provider: 'groq' }
  const body = chatBody(KIB, 'chat', { model: ONE_TARGET, stream: true, stream_options: { include_usage: true } })
  const load: Load = { count: isQuick ? 40 : 50, atOnce: 1, shape, bodyOf: () => body, readDelays: true }
  const first = await rounds(
    contenders,
    isQuick ? 2 : 7,
    async (contender) => (await measureLoad(contender, load, upstream)).firstMs * 1_000,
  )
  const long: Load = { ...load, count: 10, atOnce: 10, shape: { ...shape, events: 200, paceMs: 10 } }
  const delay = await rounds(
    contenders,
    isQuick ? 1 : 3,
    async (contender) => ((await measureLoad(contender, long, upstream)).delayMs ?? Number.NaN) * 1_000,
  )
  return [
    { name: 'time to the first token, one at a time', unit: 'µs', target: { ratio: 1.2 }, ...first },
    { name: 'a token on its way, 10 streams at once (median)', unit: 'µs', target: { ratio: 1.2 }, ...delay },
  ]
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

/** What a request with more to decide costs against a plain one, in the same process, with the project's ledger in it. */
async function measureFeatures({ upstream, isQuick }: Bench): Promise<Row[]> {
  const contender = await startHugway(upstream.url)
  const budgeted = { ...contender, headers: { ...contender.headers, ...BUDGETED } }
  const plain = { model: ONE_TARGET, max_tokens: 100 }
  const provider = { sort: 'price', ignore: ['novita'], max_price: { prompt: 5, completion: 5 } }
  const ways = [
    { name: 'plain', contender, body: chatBody(KIB, 'chat', plain) },
    { name: 'a key with a budget', contender: budgeted, body: chatBody(KIB, 'chat', plain) },
    { name: 'preferences', contender, body: chatBody(KIB, 'chat', { ...plain, provider }) },
  ]
  const costOf = async ({ contender, body }: (typeof ways)[number]) => {
    const load: Load = { count: isQuick ? 250 : 1_000, atOnce: 64, shape: WHOLE, bodyOf: () => body }
    return (await measureLoad(contender, load, upstream)).cpuUs
  }
  try {
    for (const way of [...ways, ...ways]) await costOf(way)
    const measured = await rounds(ways, isQuick ? 3 : 9, costOf)
    return [
      {
        name: 'whole, 1 KB body, by what there is to decide: CPU a request',
        unit: 'µs',
        target: undefined,
        ...measured,
      },
    ]
  } finally {
    await contender.close()
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

/**
 * A new process each time: one that has held many streams before keeps the memory. There are enough events for a stream
 * to have been read by hand and pumped.
 */
async function measureMemory({ upstream, isQuick }: Bench): Promise<Row[]> {
  const count = isQuick ? 200 : 500
  const starts = [
    { name: 'floor', start: startFloor },
    { name: 'hugway', start: startHugway },
    { name: 'bare', start: startBare },
  ]
  const shape: Shape = { kind: 'stream', events: isQuick ? 40 : 60, paceMs: isQuick ? 50 : 200, provider: 'groq' }
  const bodyOf = () =>
    chatBody(KIB, 'chat', { model: ONE_TARGET, stream: true, stream_options: { include_usage: true } })
  const measured = await rounds(starts, isQuick ? 1 : 3, async ({ start }) => {
    const contender = await start(upstream.url)
    try {
      await measureLoad(
        contender,
        { count: 50, atOnce: 1, shape: { ...shape, events: 2, paceMs: 1 }, bodyOf },
        upstream,
      )
      const before = residentKiB(contender.pid)
      let most = before
      const look = setInterval(() => {
        most = Math.max(most, residentKiB(contender.pid))
      }, 100)
      await measureLoad(contender, { count, atOnce: count, shape, bodyOf }, upstream).finally(() => clearInterval(look))
      return (most - before) / count
    } finally {
      await contender.close()
    }
  })
  return [{ name: `${count} slow streams at once: memory a stream`, unit: 'KiB', target: { ratio: 2 }, ...measured }]
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

/** How much more hugway takes than the contender that was measured first. */
function overFirst(name: string, most: number, values: Row['values']): Row {
  const [first, hugway] = [Object.values(values)[0], values['hugway']]
  if (!first || !hugway) throw new Error('nothing was measured')
  const over = (value: number) => value - first.median
  const spread = { median: over(hugway.median), min: over(hugway.min), max: over(hugway.max) }
  return { name, unit: 'ms', target: { value: most }, values: { hugway: spread }, ratios: {} }
}
