/**
 * Money is counted in whole nanodollars, the unit in which Hugging Face bills: 2^53 of them are nine million dollars.
 * Nothing is ever rounded down.
 */
const NANO_USD_PER_USD = 1_000_000_000

/** Prices are kept in millionths of a dollar per million tokens; no list is finer. */
const PRICE_SCALE = 1_000_000
/** Tokens x scaled price / this = nanodollars. */
const SCALED_PER_NANO_USD = 1_000
/** What a decimal loses as a binary fraction must not count as a part of a nanodollar. */
const BINARY_ERROR = 1e-12

/** What `tokens` cost at a price in USD per million tokens, in nanodollars. */
export function costNanoUsd(tokens: number, usdPerMillion: number): number {
  const scaled = tokens * ceilExact(usdPerMillion * PRICE_SCALE)
  return Math.floor(scaled / SCALED_PER_NANO_USD) + (scaled % SCALED_PER_NANO_USD > 0 ? 1 : 0)
}

/** How many tokens `nanoUsd` buy at most. */
export function tokensFor(nanoUsd: number, usdPerMillion: number): number {
  const price = ceilExact(usdPerMillion * PRICE_SCALE)
  return price === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor((nanoUsd * SCALED_PER_NANO_USD) / price))
}

/** A budget as it was configured, in nanodollars; here down is the safe side. */
export function budgetNanoUsd(usd: number): number {
  return Math.floor(usd * NANO_USD_PER_USD * (1 + BINARY_ERROR))
}

/** For people and spreadsheets. */
export const toUsd = (nanoUsd: number) => nanoUsd / NANO_USD_PER_USD

/** US dollars as a person reads them: cents where there are dollars, else three digits that matter. Never less than it is. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  const nanoUsd = Math.round(usd * NANO_USD_PER_USD)
  const step = nanoUsd >= NANO_USD_PER_USD ? NANO_USD_PER_USD / 100 : 10 ** Math.max(0, String(nanoUsd).length - 3)
  const up = Math.ceil(nanoUsd / step) * step
  const digits = up >= NANO_USD_PER_USD ? 2 : 9 - Math.log10(step)
  return `$${(up / NANO_USD_PER_USD).toFixed(Math.round(digits))}`
}

/** Whole nanodollars as US dollars, to the last digit. */
export function formatNanoUsd(nanoUsd: number): string {
  const [dollars, rest] = [Math.floor(nanoUsd / NANO_USD_PER_USD), nanoUsd % NANO_USD_PER_USD]
  return `$${dollars}.${String(rest)
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')}`
}

function ceilExact(value: number): number {
  return Math.ceil(value * (1 - BINARY_ERROR))
}
