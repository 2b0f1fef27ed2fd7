import { describe, expect, test } from 'vitest'
import type { Answer, FaultName, Moment } from '../../src/simulator/answer.ts'
import { FAULT_NAMES, MOMENTS } from '../../src/simulator/answer.ts'
import { type ChatFacts, readChatRequest } from '../../src/simulator/chat-request.ts'
import { planAnswer } from '../../src/simulator/plan-answer.ts'
import { statusBody } from '../../src/simulator/status-bodies.ts'
import type { Step } from '../../src/simulator/steps.ts'

function plan(answer: Answer, body: object = {}): Step[] {
  const chat = readChatRequest({
    model: 'a/b',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    ...body,
  }) as ChatFacts
  return planAnswer(answer, { chat, provider: 'groq', id: 'chatcmpl-1', created: 1, headers: {}, tokenDelayMs: 0 })
}
const textOf = (steps: readonly Step[]) =>
  steps.map((step) => (step.do === 'send' ? Buffer.from(step.bytes).toString() : '')).join('')
const last = (steps: readonly Step[]) => steps.at(-1)?.do

test('the same answer in the same context is the same plan', () => {
  for (const fault of FAULT_NAMES) expect(plan({ fault, bytes: 10 })).toEqual(plan({ fault, bytes: 10 }))
})

test.each<[moment: Moment, contains: RegExp, lacks: RegExp]>([
  ['headers_only', /^$/, /./],
  ['empty_deltas', /: keep-alive\n\n.*"role".*"content":""/s, /"content":"[^"]/],
  ['after_first_token', /"content":"This"/, /"content":" is"/],
  ['mid_tool_call', /"arguments":"\{\\"sim/, /"finish_reason":"tool_calls"/],
  ['after_finish', /"finish_reason":"stop"/, /\[DONE\]/],
])('%s sends what its name says and no more', (moment, contains, lacks) => {
  const steps = plan({ fault: 'stall', moment })
  expect(last(steps)).toBe('hang')
  expect(textOf(steps)).toMatch(contains)
  expect(textOf(steps)).not.toMatch(lacks)
})

test.each<[fault: FaultName, before: string, after: string]>([
  ['reset', 'reset', 'reset'],
  ['stall', 'hang', 'hang'],
  ['no_headers', 'hang', 'hang'],
  ['early_end', 'destroy', 'end'],
  ['cut', 'destroy', 'destroy'],
  ['truncated_json', 'end', 'end'],
  ['error_event', 'end', 'end'],
])('%s ends as it should, before the headers and after them, streamed or not', (fault, before, after) => {
  for (const stream of [true, false]) {
    expect(last(plan({ fault, moment: 'before_headers' }, { stream }))).toBe(before)
    for (const moment of MOMENTS.slice(1)) expect(last(plan({ fault, moment }, { stream }))).toBe(after)
  }
})

test('a fault that breaks a JSON body leaves something that does not parse', () => {
  for (const moment of MOMENTS.slice(1)) {
    for (const fault of ['early_end', 'cut', 'truncated_json'] as const) {
      const text = textOf(plan({ fault, moment }, { stream: false }))
      expect(() => JSON.parse(text), `${fault} ${moment}`).toThrow()
    }
  }
})

test('every token is a step of its own', () => {
  const sends = plan({ fault: 'none', tokens: 41 }).filter((step) => step.do === 'send')
  expect(sends).toHaveLength(1 + 41 + 1 + 1)
})

describe('content faults', () => {
  const done = 'data: [DONE]\n\n'
  test.each<[fault: FaultName, finish: boolean, endsInDone: boolean]>([
    ['none', true, true],
    ['no_done', true, false],
    ['no_finish', false, true],
    ['neither', false, false],
  ])('%s', (fault, finish, endsInDone) => {
    const text = textOf(plan({ fault }))
    expect(text.includes('"finish_reason":"stop"')).toBe(finish)
    expect(text.endsWith(done)).toBe(endsInDone)
  })

  test('after_done says something after [DONE]', () => {
    expect(textOf(plan({ fault: 'after_done' })).split(done)[1]).toContain('said after [DONE]')
  })

  test('finish_reason replaces the reason, streamed or not', () => {
    for (const stream of [true, false]) {
      expect(textOf(plan({ fault: 'finish_reason', reason: 'weird' }, { stream }))).toContain('"finish_reason":"weird"')
    }
  })

  test.each<[fault: FaultName, chunksWithUsage: number]>([
    ['none', 0],
    ['usage_none', 0],
    ['usage_no_choices', 1],
    ['usage_every_chunk', 5],
  ])('%s has usage in so many chunks', (fault, count) => {
    const text = textOf(plan({ fault, tokens: 3 }))
    expect(text.match(/"usage":\{/g) ?? []).toHaveLength(count)
  })

  test('tool calls lose their index or their id', () => {
    expect(textOf(plan({ fault: 'tool_call_without_index' }))).not.toMatch(/"tool_calls":\[\{"index"/)
    expect(textOf(plan({ fault: 'tool_call_without_id' }))).not.toContain('"id":"call_')
    expect(textOf(plan({ fault: 'tool_call_without_index' }))).toContain('"id":"call_')
  })
})

test('faults combine: CRLF, no space, no [DONE], and a reset at the finish', () => {
  const steps = plan([
    { fault: 'crlf' },
    { fault: 'no_space' },
    { fault: 'no_done' },
    { fault: 'reset', moment: 'after_finish' },
  ])
  expect(last(steps)).toBe('reset')
  const text = textOf(steps)
  expect(text.replaceAll('\r\n', '')).not.toContain('\n')
  expect(text).toMatch(/^data:\{/)
})

test('a huge event holds 5 MB and the rest follows', () => {
  const text = textOf(plan({ fault: 'huge_event' }))
  expect(text.length).toBeGreaterThan(5 * 1024 * 1024)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})

test('an error body is a string where Hugging Face writes one, an object where a provider does', () => {
  for (const status of [401, 402, 403]) expect(typeof statusBody(status, 'a/b').error).toBe('string')
  for (const status of [400, 404, 408, 409, 413, 429, 500, 503, 529]) {
    expect(statusBody(status, 'a/b').error).toMatchObject({ message: expect.any(String) })
  }
  expect(statusBody(413, 'a/b').error).toMatchObject({ message: expect.stringContaining('maximum context length') })
  expect(typeof statusBody(429, 'a/b', { shape: 'string' }).error).toBe('string')
})
