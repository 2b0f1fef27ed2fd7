import type { Contender } from './contenders.ts'
import { type Spread, spreadOf } from './measure.ts'
import type { Upstream } from './upstream.ts'

/** One line of the table: what was measured, for each contender. */
export type Row = {
  readonly name: string
  readonly unit: string
  /** The largest ratio, or the largest value, that is wanted of hugway. */
  readonly target: { readonly ratio?: number; readonly value?: number } | undefined
  readonly values: Readonly<Record<string, Spread>>
  /** To the first contender, in the same round. */
  readonly ratios: Readonly<Record<string, Spread>>
}

/** What the rows are measured with. */
export type Bench = {
  readonly upstream: Upstream
  /** The floor first, then hugway, then any others. */
  readonly contenders: readonly Contender[]
  readonly isQuick: boolean
}

export type RowMaker = { readonly name: string; measure(bench: Bench): Promise<readonly Row[]> }

/** Measures each contender once a round, in turn, every second round backwards. */
export async function rounds<C extends { readonly name: string }>(
  contenders: readonly C[],
  count: number,
  measure: (contender: C) => Promise<number>,
): Promise<Pick<Row, 'values' | 'ratios'>> {
  return figuresOf(await repeat(contenders, count, measure), (value) => value)
}

/** What was measured of each contender, by name. */
type Measured<T> = ReadonlyMap<string, readonly T[]>

export async function repeat<C extends { readonly name: string }, T>(
  contenders: readonly C[],
  count: number,
  measure: (contender: C) => Promise<T>,
): Promise<Measured<T>> {
  const all = new Map(contenders.map(({ name }) => [name, [] as T[]]))
  for (let round = 0; round < count; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      all.get(contender.name)?.push(await measure(contender))
    }
  }
  return all
}

/** One figure of all that was measured. */
export function figuresOf<T>(measured: Measured<T>, figureOf: (one: T) => number): Pick<Row, 'values' | 'ratios'> {
  const all = new Map([...measured].map(([name, ones]) => [name, ones.map(figureOf)]))
  const [floor = []] = all.values()
  const spreads = (of: (values: readonly number[]) => readonly number[]) =>
    Object.fromEntries([...all].map(([name, values]) => [name, spreadOf(of(values))]))
  return {
    values: spreads((values) => values),
    ratios: spreads((values) => values.map((value, at) => value / (floor[at] ?? Number.NaN))),
  }
}

/** How much more hugway takes than the contender that was measured first. */
export function overFirst(name: string, most: number, values: Row['values']): Row {
  const [first, hugway] = [Object.values(values)[0], values['hugway']]
  if (!first || !hugway) throw new Error('nothing was measured')
  const over = (value: number) => value - first.median
  const spread = { median: over(hugway.median), min: over(hugway.min), max: over(hugway.max) }
  return { name, unit: 'ms', target: { value: most }, values: { hugway: spread }, ratios: {} }
}
