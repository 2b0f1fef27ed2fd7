import { chatBody } from './bodies.ts'
import { type Load, measureLoad } from './cell.ts'
import { askedBy, type Contender, ONE_TARGET, startBare, startFloor, startHugway } from './contenders.ts'
import { residentKiB } from './measure.ts'
import { type Bench, figuresOf, overFirst, type Row, type RowMaker, repeat, rounds } from './rounds.ts'
import type { Shape } from './shape.ts'
import { CHAT_WIRE, type StreamWire, TRANSLATED_WIRES } from './surfaces.ts'

const KIB = 1024

/** The rows of streams, in the table's order. */
export const STREAM_ROW_MAKERS: readonly RowMaker[] = [
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
  streamRow('200 events, read event by event', { events: 200, paceMs: 8, atOnce: 20, source: 'new', target: 1.8 }),
  streamRow('2,000 events, well-known provider', { events: 2_000, paceMs: 5, atOnce: 8, source: 'known', target: 1.5 }),
  streamRow('2,000 events, read event by event', { events: 2_000, paceMs: 5, atOnce: 8, source: 'new', target: 1.45 }),
  { name: 'collecting', measure: measureCollecting },
  { name: 'free plan', measure: measureFreePlan },
  { name: 'surfaces', measure: measureSurfaces },
  { name: 'first token', measure: measureFirstToken },
]

export const MEMORY_ROW_MAKER: RowMaker = { name: 'memory', measure: measureMemory }

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

/** As many tokens are handed on as they come before the rest is collected. */
const TOKENS_AT_ONCE = 8

/**
 * What it saves to hand on together what has come within a while, of sources that nobody knows yet, and how long a token
 * waits for it.
 */
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
  const load: Load = { count: 20, atOnce: 20, shape, bodyOf, readDelays: true, undelayedTokens: TOKENS_AT_ONCE }
  const collecting: Contender[] = []
  try {
    for (const collectMs of [0, 40, 100]) {
      collecting.push(await startHugway(upstream.url, `collectMs ${collectMs}`, { collectMs }))
    }
    const all = [...floor, ...collecting]
    for (const contender of all) await measureLoad(contender, { ...load, count: 40 }, upstream)
    const measured = await repeat(all, isQuick ? 2 : 9, (contender) => measureLoad(contender, load, upstream))
    const name = 'stream, 200 events, read event by event, by hugway.collectMs'
    const wait = `${name}: from a token's sending to its arrival, after the first ${TOKENS_AT_ONCE}`
    const cpu = figuresOf(measured, ({ cpuUs }) => cpuUs)
    const { values: median } = figuresOf(measured, ({ delayMs = Number.NaN }) => delayMs)
    const { values: p95 } = figuresOf(measured, ({ delayP95Ms = Number.NaN }) => delayP95Ms)
    return [
      { name: `${name}: CPU a stream`, unit: 'µs', target: undefined, ...cpu },
      { name: `${wait}, median`, unit: 'ms', target: undefined, values: median, ratios: {} },
      { name: `${wait}, 95 of 100`, unit: 'ms', target: undefined, values: p95, ratios: {} },
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
  const all = contenders.filter(({ name }) => name !== 'Portkey')
  const short: Load = { ...load, count: 50, shape: { ...shape, events: 50, paceMs: 2 } }
  for (const contender of all) await measureLoad(contender, short, upstream)
  const measured = await repeat(all, 1, (contender) => measureLoad(contender, load, upstream))
  const { values, ratios } = figuresOf(measured, ({ cpuUs }) => cpuUs / 1_000)
  const user = figuresOf(measured, ({ userUs }) => userUs / 1_000)
  const tokens = `4,000 tokens in 60 s of a new source${isQuick ? ' (a tenth of it here)' : ''}`
  return [
    { name: `${tokens}: CPU a stream`, unit: 'ms', target: undefined, values, ratios },
    overFirst(`${tokens}: CPU over the floor`, 10, values),
    { name: `${tokens}: of it what is not the kernel's`, unit: 'ms', target: undefined, ...user },
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

/**
 * A new process each time: one that has held many streams before keeps the memory. There are enough events for a stream
 * to have been read by hand and pumped.
 */
async function measureMemory({ upstream, isQuick }: Bench): Promise<Row[]> {
  const count = isQuick ? 200 : 500
  const pipes = { kind: 'stream', events: isQuick ? 40 : 60, paceMs: isQuick ? 50 : 200, provider: 'groq' } as const
  // Slow enough for 500 streams, and still so fast that they are collected. A pause of a second would have heartbeats in it.
  const isRead = { ...pipes, provider: undefined }
  const start = (hugway: object) => (url: string) => startHugway(url, 'hugway', hugway)
  const starts = [
    { name: 'floor', start: startFloor, shape: pipes },
    { name: 'hugway', start: start({}), shape: pipes },
    { name: 'bare', start: startBare, shape: pipes },
    { name: 'read event by event', start: start({ collectMs: 0 }), shape: isRead },
    { name: 'collected', start: start({ collectMs: 500 }), shape: isRead },
  ]
  let models = 0
  const measured = await rounds(starts, isQuick ? 1 : 3, async ({ start, shape }) => {
    const contender = await start(upstream.url)
    const bodyOf = () => {
      const model = shape.provider === undefined ? `bench-org/Slow-${models++}` : ONE_TARGET
      return chatBody(KIB, 'chat', { model, stream: true, stream_options: { include_usage: true } })
    }
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
