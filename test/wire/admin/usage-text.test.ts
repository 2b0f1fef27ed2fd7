import { describe, expect, test } from 'vitest'
import { NO_TIMES, withTime } from '../../../src/core/limits/histogram.ts'
import { toMetricsText } from '../../../src/wire/admin/metrics-text.ts'
import { toUsageCsv } from '../../../src/wire/admin/usage-csv.ts'
import { formatReset, rateHeaders } from '../../../src/wire/rate-headers.ts'

const SUMS = {
  requests: 2,
  failed: 1,
  promptTokens: 10,
  completionTokens: 20,
  cachedTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 1_500,
  costUsd: 0.0000015,
  estimated: 0,
  unpriced: 0,
}

test('a spreadsheet takes no name for a formula, and a quote is doubled', () => {
  const times = { firstTokenMs: { p50: 180, p95: 900 }, durationMs: { p50: null, p95: null } }
  const total = { ...SUMS, ...times }
  const rows = [{ key: 'k', keyName: '=cmd("x")', ...total }]
  const rest = { from: '', to: '', truncated: false, untimed: false, unbooked: 0, unavailable: [] }
  const [header, line] = toUsageCsv({ by: ['key'], rows, total, ...rest }).split('\r\n')
  expect(line).toBe(`k,"'=cmd(""x"")",2,1,10,20,0,0,1500,0.000001500,0,0,180,900,,`)
  expect(header).toMatch(/,unpriced,firstTokenP50Ms,firstTokenP95Ms,durationP50Ms,durationP95Ms$/)
})

describe('the text that Prometheus reads', () => {
  const row = { model: 'a"b', provider: 'p', surface: 'chat' as const, end: 'whole' as const, ...SUMS }
  const times = { firstToken: withTime(NO_TIMES, 120), duration: withTime(withTime(NO_TIMES, 90), 400_000) }
  const text = toMetricsText([{ project: 'x', rows: [{ ...row, ...times }], unbooked: 3 }])

  test('has labels that are quoted', () => {
    expect(text).toContain(
      'hugway_requests_total{project="x",model="a\\"b",provider="p",surface="chat",end="whole"} 2\n',
    )
  })

  test('has histograms that are cumulative', () => {
    const bucket = (le: string) => `hugway_duration_seconds_bucket{project="x",surface="chat",le="${le}"}`
    expect(text).toContain(`${bucket('0.1')} 1\n`)
    expect(text).toContain(`${bucket('300')} 1\n`)
    expect(text).toContain(`${bucket('+Inf')} 2\n`)
    expect(text).toContain('hugway_duration_seconds_count{project="x",surface="chat"} 2\n')
    expect(text).toContain('hugway_unbooked_total{project="x"} 3\n')
  })
})

describe('the headers of a rate', () => {
  test.each([
    [17, '17ms'],
    [1_240, '1.3s'],
    [59_999, '60s'],
    [60_000, '1m0s'],
    [119_500, '2m0s'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatReset(ms)).toBe(text)
  })

  test('are those of the stricter of two, with what this isolate has leased', () => {
    const rates = [
      { what: 'requests' as const, limit: 600, remaining: 500, fullInMs: 1_000 },
      { what: 'requests' as const, limit: 60, remaining: 5, fullInMs: 55_000 },
    ]
    expect(rateHeaders(rates, { nanoUsd: 0, requests: 2, tokens: 0, slots: 0 })).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '7',
      'x-ratelimit-reset-requests': '55s',
    })
  })
})
