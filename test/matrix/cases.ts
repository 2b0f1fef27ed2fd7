import { type Case, CHAINS, type Chain, type Expected, PRIMARY_TEXT, type Upstream } from './case.ts'
import { LATE_ROWS } from './late-rows.ts'
import { REPORT_ROWS } from './report-rows.ts'
import { CROWDED, ROWS as EARLY_ROWS, type LeftOut, type Row, type Rule } from './rows.ts'

/** A cell that is not run, and why. */
export type LeftOutCell = Pick<Case, 'fault' | 'moment' | 'stream'> & { readonly reason: string }

const ROWS: readonly Row[] = [...EARLY_ROWS, ...REPORT_ROWS, ...LATE_ROWS]

/** What a rule demands with this chain. */
function expectedOf(rule: Rule, chain: Chain): Expected {
  switch (rule.rule) {
    case 'own':
      return { verdict: 'whole', from: 'primary', fallbackCalled: false }
    case 'begun':
      return { verdict: 'error', fallbackCalled: false }
    case 'caller':
      return { verdict: 'error', status: rule.status, fallbackCalled: false }
    case 'either':
      return { verdict: 'either' }
    case 'passed_on':
      return { verdict: 'passed_on', fallbackCalled: false }
    case 'next':
      if (chain === 'healthy_fallback') return { verdict: 'whole', from: 'fallback', fallbackCalled: true }
      return { verdict: 'error', ...(rule.status === undefined ? {} : { status: rule.status }) }
  }
}

const ordinary = { text: PRIMARY_TEXT }
const isLeftOut = (rule: Rule | LeftOut): rule is LeftOut => 'leftOut' in rule
const idOf = (index: number, stream: boolean, chain: Chain) => `r${index}-${stream ? 's' : 'j'}-${chain[0]}`
const ruleOf = (row: Row, stream: boolean) => (stream ? row.streamed : row.json)
const BOTH = [true, false] as const

function toCase(row: Row, index: number, stream: boolean, chain: Chain, rule: Rule): Case {
  return {
    id: idOf(index, stream, chain),
    fault: row.fault,
    moment: row.moment,
    stream,
    chain,
    upstream: 'simulator',
    asksForUsage: row.asksForUsage ?? false,
    script: row.script,
    clients: 1,
    whole: (stream ? undefined : row.wholeJson) ?? row.whole ?? ordinary,
    expected: expectedOf(rule, chain),
  }
}

function simulatedCases(): Case[] {
  return ROWS.flatMap((row, index) =>
    BOTH.flatMap((stream) => {
      const rule = ruleOf(row, stream)
      return isLeftOut(rule) ? [] : CHAINS.map((chain) => toCase(row, index, stream, chain, rule))
    }),
  )
}

const UNREACHABLE: readonly (readonly [upstream: Upstream, words: string])[] = [
  ['refused', 'connection refused'],
  ['dns', 'name not found (DNS)'],
  ['tls', 'no TLS at the other end'],
]

/** The whole router is out of reach, so every target is broken alike. */
function unreachableCases(): Case[] {
  return UNREACHABLE.flatMap(([upstream, fault]) =>
    BOTH.flatMap((stream) =>
      (['no_fallback', 'all_broken'] as const).map(
        (chain): Case => ({
          id: `${upstream}-${stream ? 's' : 'j'}-${chain[0]}`,
          fault,
          moment: undefined,
          stream,
          chain,
          upstream,
          asksForUsage: false,
          script: [],
          clients: 1,
          whole: ordinary,
          expected: { verdict: 'error', status: 502 },
        }),
      ),
    ),
  )
}

/** A hundred clients at once; a breaker may open on the way, so the error's status is left open. */
function crowdedCases(): Case[] {
  return simulatedCases()
    .filter(({ fault, moment }) => CROWDED.some(([name, at]) => name === fault && at === moment))
    .map((one) => {
      const { status: _any, fallbackCalled: _too, ...expected } = one.expected
      return { ...one, id: `${one.id}-100`, clients: 100, expected }
    })
}

/** The matrix: every case that is run. */
export const CASES: readonly Case[] = [...unreachableCases(), ...simulatedCases(), ...crowdedCases()]

/** The cells that are not run, each with its reason. */
export const LEFT_OUT: readonly LeftOutCell[] = [
  ...ROWS.flatMap((row) =>
    BOTH.flatMap((stream) => {
      const rule = ruleOf(row, stream)
      return isLeftOut(rule) ? [{ fault: row.fault, moment: row.moment, stream, reason: rule.leftOut }] : []
    }),
  ),
  ...UNREACHABLE.flatMap(([, fault]) =>
    BOTH.map((stream) => ({
      fault,
      moment: undefined,
      stream,
      reason: 'the targets share one router, so no fallback is healthy',
    })),
  ),
]

/** What the configuration has to say of the models of some rows: how much their contexts hold. */
export function contextsOf(): readonly { readonly id: string; readonly contextWindow: number }[] {
  return ROWS.flatMap((row, index) =>
    BOTH.flatMap((stream) =>
      CHAINS.flatMap((chain) =>
        (row.contexts ?? []).map((contextWindow, place) => ({
          id: `huggingface/${modelsOf(idOf(index, stream, chain))[place]}`,
          contextWindow,
        })),
      ),
    ),
  )
}

/** The models of a case as the upstream knows them: each case has its own, so that no breaker of another is met. */
export function modelsOf(id: string): readonly [primary: string, fallback: string] {
  return [`matrix/${id}-primary`, `matrix/${id}-fallback`]
}
