import type { Price } from '../../core/catalog/offers.ts'

/** A row of `GET /admin/scoreboard`: what was seen of one provider of one model. Weights fade with time, so they are no whole numbers. */
export type ScoreboardRow = {
  readonly model: string
  readonly provider: string
  readonly attempts: number
  readonly firstTokenMs: { readonly p50: number | null; readonly p95: number | null }
  readonly tokensPerSecond: number | null
  /** Shares from 0 to 1: of attempts that failed before an answer, of those that broke after it had begun. */
  readonly failedShare: number
  readonly brokenShare: number
  /** Of answers to requests with tools, those that broke or had to be normalized. */
  readonly badToolShare: number | null
  /** US dollars per million tokens, by the catalogue or the configuration. */
  readonly price: Price | null
  /** ISO 8601. */
  readonly since: string
}
