import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/simulator/answer.ts'
import type { RawChat } from '../support/raw-client.ts'
import { FALLBACK_TEXT, LEAK_MS, PRIMARY_TEXT, SLACK_MS, TIMES } from './case.ts'
import { modelsOf } from './cases.ts'
import type { Subject } from './subject.ts'
import type { ScriptedUpstream } from './upstream.ts'

/** A client that leaves, and what the gateway was doing then. */
export type Disconnect = {
  readonly id: string
  readonly when: string
  readonly stream: boolean
  /** `reset`: an RST. `closed`: a FIN, as of a process that ends. */
  readonly leave: 'reset' | 'closed'
  readonly fault: Fault
  /** How many events the client has read when it leaves; 0: it leaves 300 ms after the upstream was called. */
  readonly afterEvents: number
  /** workerd does not tell a Worker of a FIN while nothing is written: the configured times are the bound. */
  readonly isPlatformLimit: boolean
}

export type DisconnectResult = {
  readonly disconnect: Disconnect
  /** Milliseconds from the client's leaving to the end of the upstream call; `undefined` where it did not end. */
  readonly cancelledMs: number | undefined
  readonly fallbackCalls: number
  readonly problems: readonly string[]
}

/** Times so long that a call which ends within two seconds was cancelled and did not time out. */
export const PATIENT_TIMES = {
  holdMs: 700,
  timeouts: { headersMs: 8_000, firstTokenMs: 10_000, idleMs: 8_000, totalMs: 20_000 },
}

type Moment = Omit<Disconnect, 'id' | 'leave' | 'isPlatformLimit'> & { readonly seesFin: boolean }

const MOMENTS: readonly Moment[] = [
  // A held stream is written to once a second, so a FIN is seen after the first of these writes.
  { when: 'before the headers', stream: true, fault: { fault: 'no_headers' }, afterEvents: 0, seesFin: true },
  { when: 'before the headers', stream: false, fault: { fault: 'no_headers' }, afterEvents: 0, seesFin: false },
  { when: 'in hold', stream: true, fault: stall('headers_only'), afterEvents: 1, seesFin: true },
  {
    when: 'after the first token, in silence',
    stream: true,
    fault: stall('after_first_token'),
    afterEvents: 2,
    seesFin: true,
  },
  {
    when: 'in the middle of tokens',
    stream: true,
    fault: { fault: 'endless', delayMs: 20 },
    afterEvents: 5,
    seesFin: true,
  },
  {
    when: 'in the middle of the body',
    stream: false,
    fault: stall('after_first_token'),
    afterEvents: 0,
    seesFin: false,
  },
  { when: 'while it waits to try again', stream: true, fault: retryLater(), afterEvents: 0, seesFin: true },
  { when: 'while it waits to try again', stream: false, fault: retryLater(), afterEvents: 0, seesFin: false },
]

export const DISCONNECTS: readonly Disconnect[] = MOMENTS.flatMap(({ seesFin, ...moment }, index) =>
  (['reset', 'closed'] as const).map((leave) => ({
    ...moment,
    id: `d${index}-${leave}`,
    leave,
    isPlatformLimit: leave === 'closed' && !seesFin,
  })),
)

function stall(moment: 'headers_only' | 'after_first_token'): Fault {
  return { fault: 'stall', moment }
}

function retryLater(): Fault {
  return { fault: 'status', status: 429, retryAfter: '2' }
}

/**
 * Plays a disconnect against a gateway whose times are {@link PATIENT_TIMES}, or {@link TIMES} where they are the bound.
 */
export async function runDisconnect(
  disconnect: Disconnect,
  subject: Subject,
  upstream: ScriptedUpstream,
): Promise<DisconnectResult> {
  const { id, fault, stream, afterEvents, leave, isPlatformLimit } = disconnect
  const [primary, fallback] = modelsOf(id)
  upstream.play(primary, [[fault]], PRIMARY_TEXT)
  upstream.play(fallback, [[]], FALLBACK_TEXT)
  const startedAt = Date.now()
  const calls = (model: string) =>
    upstream.simulator.requests.filter((request) => request.model === model && request.receivedAt >= startedAt)
  const chat = subject.open({ models: [primary, fallback], stream, upstream: 'simulator' })
  await untilLeaving(chat, () => calls(primary).length > 0, afterEvents)
  const leftAt = Date.now()
  if (leave === 'reset') chat.reset()
  else chat.closePlainly()
  const boundMs = isPlatformLimit ? TIMES.timeouts.totalMs + SLACK_MS : LEAK_MS
  const all = () => [...calls(primary), ...calls(fallback)]
  const isOver = () => all().every(({ closedAt }) => closedAt !== undefined)
  while (!isOver() && Date.now() - leftAt < boundMs) await sleep(20)
  const over = isOver()
  // What waits to try again, or tries somebody else, has the time to do so.
  await sleep(isPlatformLimit ? 0 : LEAK_MS + 500)
  const closed = calls(primary).map(({ closedAt }) => closedAt ?? Number.POSITIVE_INFINITY)
  const fallbackCalls = calls(fallback).length
  const problems = [
    ...(over ? [] : [`a call is open ${boundMs} ms after the client left`]),
    ...(!isPlatformLimit && calls(primary).length > 1 ? ['the target was tried again for nobody'] : []),
    ...(!isPlatformLimit && fallbackCalls > 0 ? ['the fallback was asked for nobody'] : []),
  ]
  return {
    disconnect,
    cancelledMs: over ? Math.max(0, Math.max(...closed) - leftAt) : undefined,
    fallbackCalls,
    problems,
  }
}

async function untilLeaving(chat: RawChat, isCalled: () => boolean, afterEvents: number): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!isCalled() && Date.now() < deadline) await sleep(10)
  if (afterEvents > 0) await chat.afterEvents(afterEvents)
  else await sleep(300)
}
