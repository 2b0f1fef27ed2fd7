import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/simulator/answer.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { openChat } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import { FALLBACK_TEXT, LEAK_MS, PRIMARY_TEXT } from './case.ts'
import { judge } from './judge.ts'
import { createRandom } from './random.ts'

export type SoakOptions = {
  readonly requests: number
  readonly atOnce: number
  /** The share of attempts at the primaries and at the first fallbacks that meet a fault. */
  readonly faulty: number
  readonly seed: number
  readonly onProgress?: (done: number) => void
}

export type SoakReport = {
  readonly whole: number
  /** What was no whole answer, a line each. */
  readonly problems: readonly string[]
  readonly attempts: number
  readonly faultyAttempts: number
  /** Upstream calls still open at the end. */
  readonly leftOpen: number
  /** Resident memory of workerd in bytes, over the run; empty where /proc does not tell. */
  readonly memory: readonly number[]
  readonly durationMs: number
}

/** Faults that strike before anything was shown, so that a healthy fallback makes each answer whole. */
const FAULTS: readonly Fault[] = [
  { fault: 'reset', moment: 'before_headers' },
  { fault: 'reset', moment: 'empty_deltas' },
  { fault: 'cut', moment: 'headers_only' },
  { fault: 'stall', moment: 'empty_deltas' },
  { fault: 'no_headers' },
  { fault: 'early_end', moment: 'empty_deltas' },
  { fault: 'truncated_json', moment: 'headers_only' },
  { fault: 'error_event', moment: 'empty_deltas' },
  { fault: 'error_event_string', moment: 'headers_only' },
  { fault: 'error_event_named', moment: 'headers_only' },
  { fault: 'empty' },
  { fault: 'html' },
  { fault: 'html', status: 502 },
  { fault: 'redirect' },
  ...[401, 402, 404, 408, 429, 500, 503, 529].map((status): Fault => ({ fault: 'status', status })),
  { fault: 'status', status: 429, retryAfter: '3600' },
]
/** So short that a stalled attempt costs little; the last target never stalls. */
const TIMES = { holdMs: 300, timeouts: { headersMs: 1_500, firstTokenMs: 1_500, idleMs: 3_000, totalMs: 30_000 } }
/** So many targets that few breakers open: else most requests would go straight to the healthy fallback. */
const MODELS = 500
const SAMPLE_MS = 250

/** Sends requests at a gateway whose targets fail at random (but for the last in each chain), and counts. */
export async function soak({ requests, atOnce, faulty, seed, onProgress }: SoakOptions): Promise<SoakReport> {
  const random = createRandom(seed)
  const simulator = await startSimulator({
    tokenDelayMs: 1,
    acceptAnyModel: true,
    keepBodies: false,
    keepRequests: 200,
  })
  let [attempts, faultyAttempts] = [0, 0]
  simulator.script(({ model = '' }) => {
    if (model.endsWith('-healthy')) return { fault: 'none', text: FALLBACK_TEXT }
    attempts += 1
    const fault = random() < faulty ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined
    if (fault) faultyAttempts += 1
    return { ...(fault ?? { fault: 'none' }), text: PRIMARY_TEXT }
  })
  const gateway = await startGateway({ upstreamUrl: simulator.url, config: { hugway: TIMES } })
  const memory: number[] = []
  const sampler = setInterval(() => memory.push(...residentBytes(gateway.pid)), SAMPLE_MS)
  const problems: string[] = []
  const startedAt = Date.now()
  let [next, whole] = [0, 0]
  const one = async (index: number) => {
    const models = [`soak/m${index % MODELS}`, `soak/n${index % MODELS}`, `soak/l${index % MODELS}-healthy`]
    const stream = random() < 0.5
    const body = { model: models[0], models: models.slice(1), stream, messages: [{ role: 'user', content: 'hi' }] }
    const answer = await openChat(gateway.url, body, { giveUpMs: 60_000 }).done
    const facts = { primaryCalls: 0, fallbackCalls: 0, leftOpen: 0, followedRedirects: 0 }
    const { verdict, detail, status } = judge({ stream, whole: { text: PRIMARY_TEXT }, limitMs: 40_000 }, answer, facts)
    if (verdict === 'whole') whole += 1
    else problems.push(`request ${index}, ${stream ? 'streamed' : 'JSON'}: ${verdict} (status ${status}): ${detail}`)
  }
  const work = async () => {
    for (let index = next++; index < requests; index = next++) {
      await one(index)
      if (index % 1_000 === 999) onProgress?.(index + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const durationMs = Date.now() - startedAt
  const deadline = Date.now() + LEAK_MS
  while (simulator.openCount() > 0 && Date.now() < deadline) await sleep(50)
  const leftOpen = simulator.openCount()
  clearInterval(sampler)
  await gateway.close()
  await simulator.close()
  return { whole, problems, attempts, faultyAttempts, leftOpen, memory, durationMs }
}

/**
 * How much the memory grew, as a ratio: the mean of the last quarter of a run over that of its second quarter. The first
 * is left out: an isolate that has just begun grows until its garbage collector has found its pace.
 *
 * @returns `undefined` with too few samples to say.
 */
export function memoryGrowth(memory: readonly number[]): number | undefined {
  const quarter = Math.floor(memory.length / 4)
  if (quarter < 4) return undefined
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return mean(memory.slice(-quarter)) / mean(memory.slice(quarter, 2 * quarter))
}

function residentBytes(pid: number): number[] {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? [] : [Number(kilobytes) * 1_024]
  } catch {
    return [] // no /proc on this system
  }
}
