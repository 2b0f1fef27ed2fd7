import type { RawAnswer } from '../../src/simulator/answer.ts'
import type { Row, Rule } from './rows.ts'

const WORDS = Array.from({ length: 80 }, (_, index) => ` word${index}`)
const BEFORE_THE_FAULT = 60
/** A provider whose streams are trusted, so that a long one goes through the runtime's own pipe. */
const TRUSTED = 'groq'

const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const chunk = (delta: object, finish: string | null = null) =>
  event({
    id: 'late',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'late',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
const ALL = WORDS.map((content) => chunk({ content }))
const SOME = ALL.slice(0, BEFORE_THE_FAULT)
const ERROR = { error: { message: 'the provider is overloaded' } }
const HALF_AN_EVENT = (ALL[BEFORE_THE_FAULT] ?? '').slice(0, 90)
const DONE = event('[DONE]')

type Then = NonNullable<RawAnswer['then']>

function late(
  fault: string,
  chunks: readonly string[],
  then: Then,
  rule: Exclude<Rule['rule'], 'next' | 'caller'>,
): Row {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': TRUSTED }
  return {
    fault: `late, a trusted provider: ${fault}`,
    script: [{ kind: 'raw', headers, chunks, delayMs: 8, then }],
    streamed: { rule },
    json: { leftOut: 'it is about long streams' },
    asksForUsage: true,
    whole: { text: WORDS.join('') },
  }
}

/** What strikes late in a long stream, where no JavaScript sees every event any more. */
export const LATE_ROWS: readonly Row[] = [
  late('nothing', [...ALL, chunk({}, 'stop'), DONE], 'end', 'own'),
  late('no [DONE]', [...ALL, chunk({}, 'stop')], 'end', 'own'),
  late('no finish reason', [...ALL, DONE], 'end', 'own'),
  late('neither', ALL, 'end', 'begun'),
  late('connection reset', SOME, 'reset', 'begun'),
  late('connection closed', SOME, 'destroy', 'begun'),
  late('clean early end', SOME, 'end', 'begun'),
  late('silence', SOME, 'hang', 'begun'),
  late('silence after the finish reason', [...ALL, chunk({}, 'stop')], 'hang', 'own'),
  late('truncated JSON', [...SOME, HALF_AN_EVENT], 'end', 'passed_on'),
  late('half an event, then silence', [...SOME, HALF_AN_EVENT], 'hang', 'passed_on'),
  late('an event that is not JSON', [...SOME, event('{"choi')], 'end', 'passed_on'),
  late('an error event, an object', [...SOME, event(ERROR)], 'end', 'begun'),
  late('an error event, a string', [...SOME, event({ error: 'overloaded' })], 'end', 'begun'),
  late('`event: error` with an object', [...SOME, `event: error\n${event(ERROR)}`], 'end', 'begun'),
  late('`event: error` with a text', [...SOME, 'event: error\ndata: overloaded\n\n'], 'end', 'passed_on'),
  late(
    'an error event, and it goes on',
    [...SOME, event(ERROR), ...ALL.slice(BEFORE_THE_FAULT), DONE],
    'end',
    'passed_on',
  ),
  late('finish reason eos_token', [...ALL, chunk({}, 'eos_token'), DONE], 'end', 'passed_on'),
  late('finish reason error', [...ALL, chunk({}, 'error'), DONE], 'end', 'passed_on'),
  late('an event after [DONE]', [...ALL, chunk({}, 'stop'), DONE, chunk({ content: ' more' })], 'end', 'passed_on'),
]
