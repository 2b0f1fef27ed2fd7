import { describe, expect, test } from 'vitest'
import { type AttemptTimes, limitTimes } from '../../../src/core/routing/time-limits.ts'

const timeouts = { headersMs: 30_000, firstTokenMs: 120_000, idleMs: 90_000, totalMs: 600_000 }
const stream: AttemptTimes = { stream: true, timeouts, isSilent: false, targetsLeft: 1, budgetLeftMs: 600_000 }
const json: AttemptTimes = { ...stream, stream: false }

describe('a stream', () => {
  test.each<[title: string, times: Partial<AttemptTimes>, headersMs: number, answerMs: number]>([
    ['may send its headers with its first token', {}, 150_000, 150_000],
    ['has no more than is left', { budgetLeftMs: 40_000 }, 40_000, 40_000],
    ['of a target that was just silent must send headers soon', { isSilent: true }, 30_000, 150_000],
    ['of such a target that is the last has all the time', { isSilent: true, targetsLeft: 0 }, 150_000, 150_000],
    ['has nothing once the time is spent', { budgetLeftMs: -5 }, 0, 0],
  ])('%s', (_title, times, headersMs, answerMs) => {
    expect(limitTimes({ ...stream, ...times })).toEqual({ headersMs, answerMs })
  })
})

describe('a JSON answer', () => {
  test.each<[title: string, times: Partial<AttemptTimes>, answerMs: number]>([
    ['leaves the next target the sum', {}, 450_000],
    ['leaves the sum to each target that is left: two that hang do not starve the third', { targetsLeft: 2 }, 300_000],
    ['of the last target has all that is left', { targetsLeft: 0 }, 600_000],
    ['after one that took its time has what is left', { targetsLeft: 0, budgetLeftMs: 150_000 }, 150_000],
    ['has never less than the sum', { budgetLeftMs: 200_000 }, 150_000],
    ['has no more than is left', { budgetLeftMs: 100_000 }, 100_000],
    ['is not hurried by silence, which says nothing where headers come last', { isSilent: true }, 450_000],
  ])('%s', (_title, times, answerMs) => {
    expect(limitTimes({ ...json, ...times })).toEqual({ headersMs: answerMs, answerMs })
  })
})
