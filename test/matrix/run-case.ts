import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, type Expected, FALLBACK_TEXT, LEAK_MS, PRIMARY_TEXT, type Verdict } from './case.ts'
import { modelsOf } from './cases.ts'
import { type Judgement, judge, type UpstreamFacts } from './judge.ts'
import type { Subject } from './subject.ts'
import { redirectPath, type ScriptedUpstream } from './upstream.ts'

/** A case and what came of it. */
export type Result = {
  readonly testCase: Case
  /** The worst, where several clients asked. */
  readonly judgement: Judgement
  /** What differs from what was expected; empty where nothing does. */
  readonly problems: readonly string[]
  readonly durationMs: number
}

const WORST_FIRST = ['leak', 'hang', 'lie', 'followed', 'cut', 'unclear', 'error', 'whole'] as const

/** Plays a case against a gateway, and has what comes judged. */
async function runCase(testCase: Case, subject: Subject, upstream: ScriptedUpstream): Promise<Result> {
  const { id, chain, script, stream, clients } = testCase
  const [primary, fallback] = modelsOf(id)
  upstream.play(primary, script, PRIMARY_TEXT)
  upstream.play(fallback, chain === 'all_broken' ? script : [[]], FALLBACK_TEXT)
  const models = chain === 'no_fallback' ? [primary] : [primary, fallback]
  const order = { models, stream, upstream: testCase.upstream, asksForUsage: testCase.asksForUsage }
  const startedAt = Date.now()
  const answers = await Promise.all(Array.from({ length: clients }, () => subject.open(order).done))
  const facts = await watchUpstream(upstream, primary, fallback, startedAt)
  const judgements = answers.map((answer) => judge(testCase, answer, facts, subject.surface))
  judgements.sort((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict))
  const [judgement] = judgements
  if (!judgement) throw new Error('a case needs a client')
  return {
    testCase,
    judgement,
    problems: [...new Set(judgements.flatMap((one) => problemsOf(testCase, one, facts)))],
    durationMs: Math.max(...answers.map(({ endMs }) => endMs)),
  }
}

/** Waits until no call of these models is open, at most as long as one may be. */
async function watchUpstream(
  { simulator }: ScriptedUpstream,
  primary: string,
  fallback: string,
  startedAt: number,
): Promise<UpstreamFacts> {
  const calls = (model: string) =>
    simulator.requests.filter((request) => request.model === model && request.receivedAt >= startedAt)
  const open = () => [...calls(primary), ...calls(fallback)].filter(({ closedAt }) => closedAt === undefined).length
  const deadline = Date.now() + LEAK_MS
  while (open() > 0 && Date.now() < deadline) await sleep(50)
  return {
    primaryCalls: calls(primary).length,
    fallbackCalls: calls(fallback).length,
    leftOpen: open(),
    followedRedirects: simulator.requests.filter(
      ({ path, receivedAt }) => path === redirectPath(primary) && receivedAt >= startedAt,
    ).length,
  }
}

/** Which verdicts fit what was expected. */
const FITTING: Record<Expected['verdict'], readonly Verdict[]> = {
  whole: ['whole'],
  error: ['error'],
  either: ['whole', 'error'],
  passed_on: ['whole', 'error', 'cut', 'unclear'],
}

function problemsOf({ expected }: Case, judgement: Judgement, { fallbackCalls }: UpstreamFacts): string[] {
  const { verdict, from, status, notes, detail } = judgement
  const fits = FITTING[expected.verdict].includes(verdict)
  if (!fits) return [`expected ${expected.verdict}, got ${verdict} (status ${status}): ${detail}`]
  const problems = expected.verdict === 'passed_on' ? [] : [...notes]
  if (expected.from && verdict === 'whole' && from !== expected.from) problems.push(`the answer is the ${from}'s`)
  // A stream that was held has begun with 200 before its error was known.
  if (expected.status !== undefined && status !== 200 && status !== expected.status) {
    problems.push(`status ${status} instead of ${expected.status}`)
  }
  if (expected.fallbackCalled === false && fallbackCalls > 0) problems.push('the fallback was asked')
  if (expected.fallbackCalled === true && fallbackCalls === 0) problems.push('the fallback was not asked')
  return problems
}

/**
 * Of a crowd and of huge events few are played at a time: they are about the gateway, not about the machine. The Responses
 * API says a text five times over.
 */
const HEAVY_AT_ONCE = { chat: 3, responses: 1, messages: 3 }
const isHeavy = ({ clients, whole }: Case) => clients > 1 || whole.huge !== undefined

/** Runs cases, so many at a time; the result's order is that of the cases. */
export async function runAll(
  cases: readonly Case[],
  subject: Subject,
  upstream: ScriptedUpstream,
  atOnce: number,
  onResult: (result: Result) => void = () => {},
): Promise<Result[]> {
  const results = new Map<Case, Result>()
  const run = async (queue: readonly Case[], workers: number) => {
    let next = 0
    const work = async () => {
      for (let testCase = queue[next++]; testCase; testCase = queue[next++]) {
        const result = await runCase(testCase, subject, upstream)
        results.set(testCase, result)
        onResult(result)
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
  }
  await run(
    cases.filter((testCase) => !isHeavy(testCase)),
    atOnce,
  )
  await run(cases.filter(isHeavy), HEAVY_AT_ONCE[subject.surface.name])
  return cases.flatMap((testCase) => results.get(testCase) ?? [])
}
