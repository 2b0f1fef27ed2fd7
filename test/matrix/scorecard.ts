import { type Case, CHAINS, type Chain } from './case.ts'
import { LEFT_OUT } from './cases.ts'
import type { DisconnectResult } from './disconnects.ts'
import type { Result } from './run-case.ts'

/** All that one gateway did in the matrix. */
export type Scored = {
  readonly name: string
  readonly version: string
  readonly results: readonly Result[]
  readonly disconnects: readonly DisconnectResult[]
  /** Whether the cells must come out as expected; for others only the promise counts. */
  readonly isOurs: boolean
}

/** How many cells keep the promise, and what they came to. */
export type Totals = {
  readonly cells: number
  readonly kept: number
  /** A healthy fallback stood by, and the client got an error all the same. */
  readonly missed: number
  readonly byVerdict: Readonly<Record<string, number>>
}

const KEPT: readonly string[] = ['whole', 'error']

function totalsOf({ results, disconnects }: Scored): Totals {
  const byVerdict: Record<string, number> = {}
  for (const { judgement } of results) byVerdict[judgement.verdict] = (byVerdict[judgement.verdict] ?? 0) + 1
  const left = disconnects.filter(({ problems }) => problems.length > 0).length
  return {
    cells: results.length + disconnects.length,
    kept: results.filter(keepsPromise).length + disconnects.length - left,
    missed: results.filter(
      ({ testCase, judgement }) => testCase.expected.verdict === 'whole' && judgement.verdict === 'error',
    ).length,
    byVerdict: { ...byVerdict, ...(left > 0 && { 'not cancelled': left }) },
  }
}

/** A whole answer counts only where the upstream sent one: what was broken off must not come out whole. */
function keepsPromise({ testCase: { expected }, judgement }: Result): boolean {
  const isBrokenOff = expected.verdict === 'error' && expected.fallbackCalled === false && expected.status === undefined
  const isInvented = isBrokenOff && judgement.verdict === 'whole' && judgement.from === 'primary'
  if (isOurLimit(expected, judgement.verdict)) return true
  return KEPT.includes(judgement.verdict) && !isInvented
}

/** Marked in the scorecard and listed under the limits: it cannot be taken for a whole answer, and is no clean error. */
function isOurLimit(expected: Case['expected'], verdict: string): boolean {
  return expected.verdict === 'passed_on' && ['cut', 'unclear'].includes(verdict)
}

/** The scorecard in Markdown: a row for each fault and moment, three cells for each mode. */
export function formatScorecard(scored: readonly Scored[]): string {
  const head = scored.flatMap(({ name }) => [`${name}, streamed`, `${name}, JSON`])
  const rows = rowsOf(scored.flatMap(({ results }) => results.map(({ testCase }) => testCase)))
  const lines = rows.map((row) => {
    const cells = scored.flatMap((one) => [formatCells(row, one, true), formatCells(row, one, false)])
    return `| ${row.fault}${row.clients > 1 ? `, ${row.clients} clients at once` : ''} | ${momentText(row)} | ${cells.join(' | ')} |`
  })
  return [`| fault | moment | ${head.join(' | ')} |`, `| --- | --- |${' --- |'.repeat(head.length)}`, ...lines].join(
    '\n',
  )
}

/** The clients that left, in Markdown. */
export function formatDisconnects(scored: readonly Scored[]): string {
  const ids = [...new Set(scored.flatMap(({ disconnects }) => disconnects.map(({ disconnect }) => disconnect.id)))]
  const lines = ids.map((id) => {
    const of = (one: Scored) => one.disconnects.find(({ disconnect }) => disconnect.id === id)
    const disconnect = scored.map(of).find(Boolean)?.disconnect
    const cells = scored.map((one) => formatDisconnect(of(one)))
    const how = disconnect?.leave === 'reset' ? 'RST' : 'FIN'
    return `| ${disconnect?.when} | ${disconnect?.stream ? 'streamed' : 'JSON'} | ${how} | ${cells.join(' | ')} |`
  })
  return [
    `| the client leaves | mode | by | ${scored.map(({ name }) => name).join(' | ')} |`,
    `| --- | --- | --- |${' --- |'.repeat(scored.length)}`,
    ...lines,
  ].join('\n')
}

/** The totals in Markdown. */
export function formatTotals(scored: readonly Scored[]): string {
  const lines = scored.map((one) => {
    const { cells, kept, missed, byVerdict } = totalsOf(one)
    const words = Object.entries(byVerdict).map(([verdict, count]) => `${count} ${verdict}`)
    return `| ${one.name} ${one.version} | ${kept} of ${cells} | ${missed} | ${words.join(', ')} |`
  })
  return [
    '| gateway | cells that keep the promise | errors where a whole answer was to be had | what came |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

/** The cells that are left out, each reason once, in Markdown. */
export function formatLeftOut(): string {
  const byReason = new Map<string, string[]>()
  for (const { fault, moment, stream, reason } of LEFT_OUT) {
    const cell = `${fault}${moment ? ` (${moment})` : ''}, ${stream ? 'streamed' : 'JSON'}`
    byReason.set(reason, [...(byReason.get(reason) ?? []), cell])
  }
  return [...byReason].map(([reason, cells]) => `- ${reason}: ${cells.join('; ')}`).join('\n')
}

type Row = Pick<Case, 'fault' | 'moment' | 'clients'>

function rowsOf(cases: readonly Case[]): Row[] {
  return [...new Map(cases.map((one) => [`${one.fault}/${one.moment}/${one.clients}`, one])).values()]
}

function formatCells(row: Row, { results, isOurs }: Scored, stream: boolean): string {
  const cells = CHAINS.map((chain) => formatCell(find(results, row, stream, chain), isOurs))
  return cells.every((cell) => cell === '-') ? '-' : cells.join(' / ')
}

function find(results: readonly Result[], row: Row, stream: boolean, chain: Chain): Result | undefined {
  return results.find(
    ({ testCase }) =>
      testCase.fault === row.fault &&
      testCase.moment === row.moment &&
      testCase.clients === row.clients &&
      testCase.stream === stream &&
      testCase.chain === chain,
  )
}

function formatCell(result: Result | undefined, isOurs: boolean): string {
  if (!result) return '-'
  const { verdict } = result.judgement
  if (!keepsPromise(result)) return `**${verdict === 'whole' ? 'lie' : verdict}**`
  if (isOurLimit(result.testCase.expected, verdict)) return `${verdict} (limit)`
  return isOurs && result.problems.length > 0 ? `${verdict} (!)` : verdict
}

function formatDisconnect(result: DisconnectResult | undefined): string {
  if (!result) return '-'
  if (result.problems.length > 0) return `**${result.problems.join('; ')}**`
  return result.disconnect.isPlatformLimit ? 'bounded by the configured times' : 'cancelled'
}

function momentText({ moment }: Row): string {
  return moment === undefined ? '' : moment.replaceAll('_', ' ')
}
