import { expect, test } from 'vitest'
import type { RawAnswer } from '../support/raw-client.ts'
import { createEventReader } from '../support/read-events.ts'
import { FALLBACK_TEXT, PRIMARY_TEXT, type Verdict } from './case.ts'
import { judge, type UpstreamFacts } from './judge.ts'

const FACTS: UpstreamFacts = { primaryCalls: 1, fallbackCalls: 0, leftOpen: 0, followedRedirects: 0 }

function streamed(body: string, more: Partial<RawAnswer> = {}): RawAnswer {
  const reader = createEventReader()
  reader.feed(Buffer.from(body), 1)
  return { status: 200, headers: {}, body, events: reader.events, ended: 'clean', headMs: 1, endMs: 2, ...more }
}

const event = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const say = (content: string, finish: string | null = null) =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })
const DONE = event('[DONE]')
const ERROR = event({ error: { message: 'it broke' } })
const HALF = PRIMARY_TEXT.slice(0, 20)

test.each<[title: string, answer: RawAnswer, verdict: Verdict]>([
  ['a text with a finish reason', streamed(say(PRIMARY_TEXT, 'stop')), 'whole'],
  ['a text with [DONE] alone', streamed(say(PRIMARY_TEXT) + DONE), 'whole'],
  [
    'a text in CRLF with a byte order mark',
    streamed(`\ufeff${say(PRIMARY_TEXT)}${DONE}`.replaceAll('\n', '\r\n')),
    'whole',
  ],
  ['all of the fallback', streamed(say(FALLBACK_TEXT, 'stop')), 'whole'],
  ['a text with neither', streamed(say(PRIMARY_TEXT)), 'lie'],
  ['half a text that looks finished', streamed(say(HALF, 'stop') + DONE), 'lie'],
  ['half a text and a clean end', streamed(say(HALF)), 'lie'],
  ['half a text and a broken connection', streamed(say(HALF), { ended: 'reset' }), 'cut'],
  ['half a text and an error', streamed(say(HALF) + ERROR), 'error'],
  ['an error and then more text', streamed(say(HALF) + ERROR + say('more') + DONE), 'lie'],
  ['two answers glued together', streamed(say(HALF) + say(FALLBACK_TEXT, 'stop') + DONE), 'lie'],
  ['two answers and then an error', streamed(say(HALF) + say(FALLBACK_TEXT) + ERROR), 'lie'],
  ['an error without a message', streamed(event({ error: {} })), 'unclear'],
  ['half an event passed on', streamed(say(HALF) + event('{"choices":[{"del')), 'lie'],
  ['an empty 200', streamed(''), 'lie'],
  ['nothing but [DONE]', streamed(DONE), 'lie'],
  ['JSON in the place of events', streamed('{"choices":[]}'), 'lie'],
  ['an error page', streamed('<html>', { status: 502 }), 'unclear'],
  ['an error whose message is no text', streamed('{"error":{"message":7}}', { status: 502 }), 'unclear'],
  ['a finish reason that says error', streamed(say(PRIMARY_TEXT, 'error') + DONE), 'unclear'],
  ['an error answer', streamed('{"error":{"message":"no"}}', { status: 502 }), 'error'],
  ['a redirect', streamed('', { status: 302 }), 'lie'],
  ['a whole text far too late', streamed(say(PRIMARY_TEXT, 'stop'), { endMs: 60_000 }), 'hang'],
  ['a client that gave up', streamed(say(HALF), { ended: 'gave_up' }), 'hang'],
])('a stream: %s', (_title, answer, verdict) => {
  expect(judge({ stream: true, whole: { text: PRIMARY_TEXT } }, answer, FACTS).verdict).toBe(verdict)
})

const json = (value: unknown) => streamed(typeof value === 'string' ? value : JSON.stringify(value), { events: [] })

test.each<[title: string, answer: RawAnswer, verdict: Verdict]>([
  ['a whole body', json({ choices: [{ message: { content: PRIMARY_TEXT } }] }), 'whole'],
  ['half a text', json({ choices: [{ message: { content: HALF } }] }), 'lie'],
  ['half a body', json('{"choices":[{"mess'), 'lie'],
  ['half a body and a broken connection', { ...json('{"choices":[{"mess'), ended: 'cut' }, 'cut'],
  ['an error with 200', json({ error: { message: 'no' } }), 'lie'],
  ['events', json(say(PRIMARY_TEXT, 'stop') + DONE), 'lie'],
  ['nothing', json(''), 'lie'],
])('a JSON answer: %s', (_title, answer, verdict) => {
  expect(judge({ stream: false, whole: { text: PRIMARY_TEXT } }, answer, FACTS).verdict).toBe(verdict)
})

test('an upstream call that stays open is a leak, a redirect that is followed is told', () => {
  const asked = { stream: true, whole: { text: PRIMARY_TEXT } }
  const good = streamed(say(PRIMARY_TEXT, 'stop') + DONE)
  expect(judge(asked, good, { ...FACTS, leftOpen: 1 }).verdict).toBe('leak')
  expect(judge(asked, good, { ...FACTS, followedRedirects: 1 }).verdict).toBe('followed')
})

test('what comes after [DONE] and a tool call without its index are noted', () => {
  const asked = { stream: true, whole: { text: PRIMARY_TEXT } }
  const late = judge(asked, streamed(say(PRIMARY_TEXT, 'stop') + DONE + say('late')), FACTS)
  expect(late).toMatchObject({ verdict: 'whole', notes: ['something came after [DONE]'] })
  const call = { function: { name: 'f', arguments: '{}' } }
  const body = event({ choices: [{ delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }] })
  const bare = judge({ stream: true, whole: { text: '', toolArguments: '{}' } }, streamed(body), FACTS)
  expect(bare.notes).toEqual(['a tool call without an index', 'a tool call without an id'])
})
