import type { RawAnswer } from '../../src/simulator/answer.ts'
import { PRIMARY_TEXT } from './case.ts'
import type { LeftOut, Row, Rule } from './rows.ts'

const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const chunk = (delta: object, finish: unknown = null, more: object = {}) =>
  event({
    id: 'report',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'report',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  })
const ROLE = chunk({ role: 'assistant', content: '' })
/** The answer in pieces of a few words. */
const SAID = (PRIMARY_TEXT.match(/.{1,12}/gsu) ?? []).map((content) => chunk({ content }))
const STOP = chunk({}, 'stop')
const DONE = event('[DONE]')
const MESSAGE = { message: { role: 'assistant', content: PRIMARY_TEXT } }

const OWN: Rule = { rule: 'own' }
const BEGUN: Rule = { rule: 'begun' }
const NEXT: Rule = { rule: 'next', status: 502 }
const STREAMS_ONLY: LeftOut = { leftOut: 'it is about events' }
const JSON_ONLY: LeftOut = { leftOut: 'it is about a JSON body' }

type Then = NonNullable<RawAnswer['then']>

function streamed(
  fault: string,
  chunks: readonly string[],
  rule: Rule,
  then: Then = 'end',
  whole: Partial<Row> = {},
): Row {
  const headers = { 'content-type': 'text/event-stream' }
  const script = [{ kind: 'raw', headers, chunks, delayMs: 5, then } as const]
  return { fault: `reported: ${fault}`, script, streamed: rule, json: STREAMS_ONLY, ...whole }
}

function json(fault: string, body: object, rule: Rule): Row {
  const headers = { 'content-type': 'application/json' }
  const script = [{ kind: 'raw', headers, chunks: [JSON.stringify({ id: 'report', ...body })] } as const]
  return { fault: `reported: ${fault}, as JSON`, script, streamed: JSON_ONLY, json: rule }
}

const call = (index: number, id: string | undefined, args: string) =>
  chunk({
    tool_calls: [
      { index, ...(id && { id, type: 'function' }), function: { ...(id && { name: 'f' }), arguments: args } },
    ],
  })
const CALLS = { whole: { text: '', toolArguments: '{"a":1}\n{"a":2}' } }

/** Kinds of answers that others reported as taken for what they are not. */
export const REPORT_ROWS: readonly Row[] = [
  streamed('finish reason "null", then a reset', [chunk({ role: 'assistant', content: '' }, 'null')], NEXT, 'reset'),
  streamed('finish reason "in_progress" and a clean end', [ROLE, ...SAID, chunk({}, 'in_progress')], BEGUN),
  streamed('finish reason canceled', [ROLE, ...SAID, chunk({}, 'canceled'), DONE], BEGUN),
  streamed('an unknown finish reason, then a reset', [ROLE, ...SAID, chunk({}, 'had_enough')], BEGUN, 'reset'),
  streamed('an unknown finish reason and [DONE]', [ROLE, ...SAID, chunk({}, 'had_enough'), DONE], OWN),
  streamed('calls that never come', [ROLE, chunk({}, 'tool_calls'), DONE], NEXT),
  streamed('a finish in every chunk', [ROLE, ...SAID.map((said) => said.replace('null', '"stop"')), DONE], OWN),
  streamed(
    'an error called object, with [DONE]',
    [ROLE, ...SAID, event({ object: 'error', message: 'out of memory' }), DONE],
    BEGUN,
  ),
  streamed('an error inside a choice', [ROLE, ...SAID, chunk({}, null, { error: { message: 'gone' } }), DONE], BEGUN),
  streamed('no success', [ROLE, ...SAID, event({ success: false, errors: [{ message: 'gone' }] }), DONE], BEGUN),
  streamed('an empty error beside every event', [ROLE, ...SAID, STOP, DONE].map(withEmptyError), OWN),
  streamed(
    'pings that are no JSON',
    [ROLE, ...SAID.flatMap((said) => ['event: ping\ndata: keepalive\n\n', said]), STOP, DONE],
    OWN,
  ),
  streamed('nonsense after the finish', [ROLE, ...SAID, STOP, 'data: <|end|>\n\ndata: {"choi\n\n', DONE], OWN),
  streamed(
    'nothing said',
    [ROLE, STOP, event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 0 } }), DONE],
    NEXT,
  ),
  streamed(
    'no role, no delta in the finish',
    [...SAID, event({ choices: [{ index: 0, finish_reason: 'stop' }] }), DONE],
    OWN,
  ),
  streamed(
    'two calls under one index',
    [ROLE, call(0, 'a', '{"a":1}'), call(0, 'b', '{"a":2}'), chunk({}, 'tool_calls'), DONE],
    OWN,
    'end',
    CALLS,
  ),
  streamed(
    'calls that are counted from one',
    [ROLE, call(1, 'a', ''), call(1, undefined, '{"a":1}'), call(2, 'b', '{"a":2}'), chunk({}, 'tool_calls'), DONE],
    OWN,
    'end',
    CALLS,
  ),
  streamed('a whole answer, and the connection stays open', [ROLE, ...SAID, STOP], OWN, 'hang'),
  json('finish reason "null"', { choices: [{ index: 0, ...MESSAGE, finish_reason: 'null' }] }, OWN),
  json('finish reason aborted', { choices: [{ index: 0, ...MESSAGE, finish_reason: 'aborted' }] }, NEXT),
  json('an error inside a choice', { choices: [{ index: 0, ...MESSAGE, error: { message: 'gone' } }] }, NEXT),
  json(
    'an empty error beside the answer',
    { choices: [{ index: 0, ...MESSAGE, finish_reason: 'stop' }], error: { message: '' } },
    OWN,
  ),
  json('an error called object', { object: 'error', message: 'out of memory' }, NEXT),
  json(
    'nothing said',
    { choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }] },
    NEXT,
  ),
]

function withEmptyError(text: string): string {
  return text.replace('data: {', 'data: {"error":{"message":"","code":null},')
}
