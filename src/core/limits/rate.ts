/**
 * A rate as the generic cell rate algorithm has it: a bucket of one minute's worth that fills evenly. Its whole state is
 * one number, the moment at which the bucket will be full again, in milliseconds since the epoch.
 */
export type FullAt = number

const MINUTE_MS = 60_000

/** How many units may be taken now. */
export function availableUnits(fullAt: FullAt | undefined, perMinute: number, nowMs: number): number {
  const waitMs = boundedBy(fullAt, nowMs) - nowMs
  // What was taken a moment ago and is back by now must not be lost to a binary fraction.
  return Math.floor(perMinute * (1 - waitMs / MINUTE_MS) + 1e-6)
}

/** The state after `units` were taken; negative ones give back. May go beyond an empty bucket: it is a debt then. */
export function takeUnits(fullAt: FullAt | undefined, perMinute: number, units: number, nowMs: number): FullAt {
  return boundedBy(fullAt, nowMs) + (units * MINUTE_MS) / perMinute
}

/** Milliseconds until `units` are there. */
export function waitForUnits(fullAt: FullAt | undefined, perMinute: number, units: number, nowMs: number): number {
  return Math.max(0, boundedBy(fullAt, nowMs) + (units * MINUTE_MS) / perMinute - MINUTE_MS - nowMs)
}

/** Milliseconds until the bucket is full. */
export const untilFullMs = (fullAt: FullAt | undefined, nowMs: number) => boundedBy(fullAt, nowMs) - nowMs

/**
 * How many of `units` that were taken `ageMs` ago and never used may be given back: those that have not flowed back by
 * themselves. To give all of them back would count them twice.
 */
export function returnableUnits(units: number, perMinute: number, ageMs: number): number {
  return Math.max(0, units - (perMinute * Math.max(0, ageMs)) / MINUTE_MS)
}

/**
 * The furthest that a bucket is from full, an empty one being a minute away: who took more than there was waits two
 * minutes at most, and a clock that was set back by an hour stops nobody for an hour.
 */
const FURTHEST_MS = 3 * MINUTE_MS

function boundedBy(fullAt: FullAt | undefined, nowMs: number): number {
  return Math.min(Math.max(fullAt ?? nowMs, nowMs), nowMs + FURTHEST_MS)
}
