import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { KV_READ_LIMIT_MS } from './schema.ts'

/** Reads that are under way or have just failed, by name. Plain data: a promise here could not be awaited elsewhere. */
export type ReadsUnderWay = Map<string, { readonly since: number; readonly failedAt?: number }>

export type OneRead<T> = {
  /** What is being read. */
  readonly name: string
  /** What memory has now, where that is an answer. */
  readonly look: () => T | undefined
  /** Reads, and puts into memory what {@link look} finds. */
  readonly read: () => Promise<T>
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** Storage did not say, within the time limit or at all. It is not "absent". */
export const NO_ANSWER: unique symbol = Symbol('no answer')

const LOOK_MS = 10
/** Storage that has just failed is asked for the same thing again after this time, not once for every request. */
const RETRY_MS = 1_000
const MAX_NAMES = 1_000

/**
 * Reads once for all requests of this isolate that want the same at the same time. The first one reads, and goes on when
 * its client has left; the others look for the result in memory.
 */
export async function readOnce<T>(
  underWay: ReadsUnderWay,
  clock: Clock,
  { name, look, read, waitUntil }: OneRead<T>,
): Promise<T | typeof NO_ANSWER> {
  const deadlineAt = clock.now() + KV_READ_LIMIT_MS
  for (let now = clock.now(); now < deadlineAt; now = clock.now()) {
    const seen = look()
    if (seen !== undefined) return seen
    const other = underWay.get(name)
    if (other?.failedAt !== undefined && now - other.failedAt < RETRY_MS) return NO_ANSWER
    const isOthers = other && other.failedAt === undefined && now - other.since < KV_READ_LIMIT_MS
    if (!isOthers) {
      const reading = claim(underWay, clock, name, read)
      waitUntil(reading.catch(() => {}))
      const answer = await within(reading, deadlineAt - now, clock).catch(() => NO_ANSWER)
      return answer === TIMED_OUT ? noAnswerOf(underWay, name, clock.now()) : (answer as T | typeof NO_ANSWER)
    }
    await clock.wait(LOOK_MS)
  }
  return look() ?? NO_ANSWER
}

async function claim<T>(underWay: ReadsUnderWay, clock: Clock, name: string, read: () => Promise<T>): Promise<T> {
  underWay.delete(name) // so that the order of the map is that of use
  underWay.set(name, { since: clock.now() })
  if (underWay.size > MAX_NAMES) underWay.delete(underWay.keys().next().value ?? '')
  try {
    const answer = await read()
    underWay.delete(name)
    return answer
  } catch (error) {
    noAnswerOf(underWay, name, clock.now())
    throw error
  }
}

function noAnswerOf(underWay: ReadsUnderWay, name: string, nowMs: number): typeof NO_ANSWER {
  underWay.set(name, { since: nowMs, failedAt: nowMs })
  return NO_ANSWER
}
