import { describe, expect, test } from 'vitest'
import { modelsWithChoice } from './catalogue.ts'
import { type MonthOptions, playMonth } from './month.ts'

const MODELS = modelsWithChoice(6)
const SHORT = { days: 12, requestsPerDay: 1_500, isolates: 2, models: MODELS }
const play = (policy: MonthOptions['policy'], seed: number) => {
  const options = { ...SHORT, seed, policy }
  return { router: playMonth({ ...options, chooser: 'router' }), hugway: playMonth({ ...options, chooser: 'hugway' }) }
}

describe.each([1, 2, 3])('a month of seed %i, with a provider that serves badly for a quarter of it', (seed) => {
  test('fastest: the first token comes sooner than by the router’s rule, and the whole answer no later', () => {
    const { router, hugway } = play('fastest', seed)
    expect(hugway.firstToken.p50).toBeLessThan(router.firstToken.p50)
    expect(hugway.firstToken.p95).toBeLessThan(router.firstToken.p95 * 1.05)
    expect(hugway.wholeAnswer.p50).toBeLessThan(router.wholeAnswer.p50 * 1.05)
    expect(hugway.lost).toBeLessThanOrEqual(router.lost)
  })

  test('cheapest: it costs no more while all are well, and hardly anything is lost when the cheapest fails', () => {
    const { router, hugway } = play('cheapest', seed)
    expect(hugway.usdInCalm).toBeLessThan(router.usdInCalm)
    expect(hugway.lost).toBeLessThan(router.lost / 10)
    expect(hugway.shareInDecline).toBeLessThanOrEqual(hugway.shareBefore)
    expect(hugway.firstTokenInDecline.p95).toBeLessThan(router.firstTokenInDecline.p95)
  })

  test('nobody takes turns', () => {
    for (const policy of ['fastest', 'cheapest'] as const) {
      const { hugway } = play(policy, seed)
      expect(hugway.changesInCalm).toBeLessThan(1.5)
      expect(hugway.changesADay).toBeLessThan(4)
    }
  })
})

test('the same seed is the same month', () => {
  const options: MonthOptions = { ...SHORT, days: 2, seed: 9, policy: 'fastest', chooser: 'hugway' }
  expect(playMonth(options)).toEqual(playMonth(options))
})
