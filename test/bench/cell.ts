import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders.ts'
import { type Answered, type Call, makeCalls } from './load.ts'
import { cpuParts, cpuUs, quantile } from './measure.ts'
import { eventsOf, type Shape, WHOLE_ANSWER } from './shape.ts'
import type { Upstream } from './upstream.ts'

/** A number of calls of one kind. */
export type Load = {
  readonly count: number
  readonly atOnce: number
  readonly shape: Shape
  /** The body of each call; of another model each, where that matters. */
  readonly bodyOf: (index: number) => string
  readonly readDelays?: boolean
  /** So many tokens of each stream do not count for the delays. */
  readonly undelayedTokens?: number
  /** The client asks for no usage: a gateway may leave its chunk out. */
  readonly isUsageUnasked?: boolean
  /** For how long after the last answer CPU time is counted; what goes on behind the answers may take seconds. */
  readonly settleMs?: number
}

/** What a load cost one contender, per call. */
export type Cost = {
  readonly cpuUs: number
  /** Of it what was not the kernel's, in ticks of 10 ms divided by the calls. */
  readonly userUs: number
  /** Milliseconds until the first byte, until the last, and between a token's writing and its arrival. */
  readonly firstMs: number
  readonly totalMs: number
  readonly delayMs: number | undefined
  readonly delayP95Ms: number | undefined
}

/** A process goes on for a moment after its last answer. */
const SETTLE_MS = 20

/**
 * Puts a load on a contender and measures its CPU time.
 *
 * @throws When anything was not as it should be: a status, a length, an event or an end that is missing, a request that
 *   the upstream did not see or a body that it did not see all of. What was measured then would be something else.
 */
export async function measureLoad(contender: Contender, load: Load, upstream: Upstream): Promise<Cost> {
  await upstream.shape(load.shape)
  await upstream.takeSeen()
  const bodies = Array.from({ length: load.count }, (_, index) => load.bodyOf(index))
  const callOf = (index: number): Call => ({
    url: contender.chatUrl,
    method: 'POST',
    headers: contender.headers,
    body: bodies[index] ?? '',
    readDelays: load.readDelays ?? false,
    ...(contender.wire && { end: contender.wire.end }),
  })
  const before = cpuOf(contender)
  const answers = await makeCalls(load.count, load.atOnce, callOf)
  await sleep(load.settleMs ?? SETTLE_MS)
  const used = usedSince(before, contender)
  for (const answer of answers) checkAnswer(contender, answer, load)
  checkSeen(contender.name, await upstream.takeSeen(), load.count, bodies)
  return costOf(answers, used, load.undelayedTokens)
}

/** The same for calls that need no upstream. */
export async function measureCalls(
  contender: Contender,
  count: number,
  atOnce: number,
  call: Call,
  expected: Expected,
): Promise<Cost> {
  const before = cpuOf(contender)
  const answers = await makeCalls(count, atOnce, () => call)
  await sleep(SETTLE_MS)
  const used = usedSince(before, contender)
  for (const { status, bytes } of answers) {
    if (status !== expected.status || bytes !== expected.bytes) {
      fail(contender.name, `an answer was ${status} of ${bytes} bytes, not ${expected.status} of ${expected.bytes}`)
    }
  }
  return costOf(answers, used)
}

export type Expected = { readonly status: number; readonly bytes: number }

type Used = { readonly allUs: number; readonly userUs: number }

const cpuOf = ({ pid }: Contender): Used => ({ allUs: cpuUs(pid), userUs: cpuParts(pid).userUs })

function usedSince(before: Used, contender: Contender): Used {
  const now = cpuOf(contender)
  return { allUs: now.allUs - before.allUs, userUs: now.userUs - before.userUs }
}

function costOf(answers: readonly Answered[], used: Used, undelayedTokens = 0): Cost {
  if (!(used.allUs > 0)) throw new Error('no CPU time was used: the wrong process was measured')
  const delays = answers.flatMap(({ delaysMs }) => delaysMs.slice(undelayedTokens))
  return {
    cpuUs: used.allUs / answers.length,
    userUs: used.userUs / answers.length,
    firstMs: quantile(
      answers.map(({ firstMs }) => firstMs),
      0.5,
    ),
    totalMs: quantile(
      answers.map(({ totalMs }) => totalMs),
      0.5,
    ),
    delayMs: delays.length > 0 ? quantile(delays, 0.5) : undefined,
    delayP95Ms: delays.length > 0 ? quantile(delays, 0.95) : undefined,
  }
}

function checkAnswer({ name, wire }: Contender, answer: Answered, load: Load): void {
  const { shape, isUsageUnasked, readDelays } = load
  const { status, bytes, events, hasEnd, delaysMs } = answer
  if (status !== 200) fail(name, `an answer had the status ${status}`)
  if (shape.kind === 'whole' && bytes < WHOLE_ANSWER.byteLength) fail(name, `an answer had ${bytes} bytes`)
  if (shape.kind !== 'stream') return
  const expected = (wire?.eventsOf ?? eventsOf)(shape.events)
  const isMissing = isUsageUnasked ? events < expected - 1 : events !== expected
  if (!hasEnd || isMissing) {
    fail(name, `a stream had ${events} events of ${expected}${hasEnd ? '' : ' and no end'}`)
  }
  // Whoever sends many tokens in one piece must not be measured by the last of them, which waited least.
  if (readDelays && delaysMs.length !== shape.events) {
    fail(name, `${delaysMs.length} tokens were timed of ${shape.events}`)
  }
}

/** What a gateway changes in a body is a model's name and a few members: less than this. */
const CHANGED_BYTES = 512

function checkSeen(
  name: string,
  seen: { requests: number; bodyBytes: number },
  count: number,
  bodies: readonly string[],
): void {
  if (seen.requests !== count) fail(name, `the upstream saw ${seen.requests} requests of ${count}`)
  const sent = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)
  if (Math.abs(seen.bodyBytes - sent) > CHANGED_BYTES * count) {
    fail(name, `the upstream saw ${seen.bodyBytes} bytes of bodies, of ${sent} that were sent`)
  }
}

function fail(name: string, what: string): never {
  throw new Error(`${name}: ${what}: this run measures nothing`)
}
