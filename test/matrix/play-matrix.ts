import type { Case } from './case.ts'
import { CASES } from './cases.ts'
import { DISCONNECTS, type Disconnect, type DisconnectResult, runDisconnect } from './disconnects.ts'
import { runAll } from './run-case.ts'
import type { Scored } from './scorecard.ts'
import type { Subject } from './subject.ts'
import type { ScriptedUpstream } from './upstream.ts'

/** How many clients ask at the same time. */
const AT_ONCE = 30

export type Played = {
  readonly subject: Subject
  /** The same gateway with times so long that a cancelled call is told from one that timed out. */
  readonly patient: Subject
  readonly upstream: ScriptedUpstream
  readonly isOurs: boolean
  /** Default: all of them. */
  readonly cases?: readonly Case[]
  readonly disconnects?: readonly Disconnect[]
}

/** Plays the matrix against one gateway. @param onProgress Called now and then with how many cells are done. */
export async function playMatrix(played: Played, onProgress: (done: number, of: number) => void): Promise<Scored> {
  const { subject, patient, upstream, isOurs, cases = CASES, disconnects = DISCONNECTS } = played
  let done = 0
  const results = await runAll(cases, subject, upstream, AT_ONCE, () => {
    done += 1
    if (done % 100 === 0) onProgress(done, cases.length)
  })
  const left: DisconnectResult[] = await Promise.all(
    disconnects.map((one) => runDisconnect(one, one.isPlatformLimit ? subject : patient, upstream)),
  )
  return { name: subject.name, version: subject.version, results, disconnects: left, isOurs }
}

/** What differs from what was expected, a line each, so that it can be found and played again. */
export function problemLines({ results, disconnects }: Scored): string[] {
  const cases = results.flatMap(({ testCase, problems, durationMs }) => {
    const { id, fault, moment, stream, chain, clients } = testCase
    const mode = `${stream ? 'streamed' : 'JSON'}, ${chain.replaceAll('_', ' ')}, ${clients} client(s)`
    return problems.map((problem) => `${id}: ${fault}, ${moment ?? 'no moment'}, ${mode}, ${durationMs} ms: ${problem}`)
  })
  const left = disconnects.flatMap(({ disconnect, problems }) =>
    problems.map((problem) => `${disconnect.id}: client leaves ${disconnect.when}, ${disconnect.leave}: ${problem}`),
  )
  return [...cases, ...left]
}
