import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChat, type RawAnswer } from '../support/raw-client.ts'
import { SSE_READERS } from '../support/sse-readers.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { SHARED } from './support/shared-recordings.ts'
import { type Behaviour, type Step, type Steps, startSteps } from './support/start-steps.ts'

const FILE = join(SHARED, 'reports', 'upstreams.json')
const REPORTS: Readonly<Record<string, Behaviour>> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}

let upstream: Steps
let gateway: Gateway
beforeAll(async () => {
  upstream = await startSteps()
  gateway = await startGateway({ upstreamUrl: upstream.url, config: { hugway: { holdMs: 60_000 } } })
})
afterAll(async () => {
  await gateway?.close()
  await upstream?.close()
})

const FALLBACK = 'The fallback answers.'
const event = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const chunk = (delta: unknown, finish: unknown = null, more: object = {}) =>
  event({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  })
const DONE = event('[DONE]')
const HELLO = chunk({ role: 'assistant', content: 'Hello' })
const STOP = chunk({}, 'stop')

type Call = { readonly id?: string; readonly name?: string; readonly arguments: string }

/** What an application makes of an answer, whole or streamed. */
type Seen = {
  readonly text: string
  readonly calls: readonly Call[]
  readonly finish: readonly unknown[]
  readonly usage: unknown
  readonly error: string | undefined
  readonly isDone: boolean
  readonly isClean: boolean
  readonly chunks: readonly Chunk[]
}

type Delta = {
  readonly role?: unknown
  readonly content?: unknown
  readonly tool_calls?: readonly Record<string, never>[]
}
type Chunk = {
  readonly choices: readonly { readonly index: number; readonly delta: Delta; readonly finish_reason?: unknown }[]
  readonly usage?: unknown
  readonly error?: { readonly message: string }
}

let asked = 0

/** Plays a behaviour to a client whose request has a healthy fallback, or none. */
async function ask(
  behaviour: Behaviour,
  more: object = {},
  fallbacks = 1,
): Promise<Seen & { asked: readonly number[] }> {
  const { stream = true } = behaviour
  const model = `org/primary-${++asked}`
  const fallback = `org/fallback-${asked}`
  upstream.play(model, behaviour)
  const whole = {
    id: 'f',
    choices: [{ index: 0, message: { role: 'assistant', content: FALLBACK }, finish_reason: 'stop' }],
  }
  const steps = stream ? [chunk({ role: 'assistant', content: FALLBACK }), STOP, DONE] : [JSON.stringify(whole)]
  upstream.play(fallback, { stream, steps })
  const body = {
    model,
    models: fallbacks > 0 ? [fallback] : [],
    stream,
    messages: [{ role: 'user', content: 'hi' }],
    ...more,
  }
  const answer = await openChat(gateway.url, body, { giveUpMs: 50_000 }).done
  return {
    ...(stream && answer.status === 200 ? readEvents(answer) : readBody(answer)),
    asked: [model, fallback].map(upstream.askedFor),
  }
}

function readEvents({ body, ended, events }: RawAnswer): Seen {
  const data = events.map((one) => one.data)
  const chunks = data.filter((one) => one !== '[DONE]').map((one): Chunk => JSON.parse(one))
  const whole = chunks.filter(({ error }) => error === undefined)
  // Every reader sees the same answer, if it is one.
  if (whole.length === chunks.length) {
    for (const [name, read] of Object.entries(SSE_READERS)) {
      expect(read(body).length, name).toBe(chunks.length)
    }
  }
  const deltas = whole.flatMap(({ choices }) => choices.map(({ delta }) => delta))
  const calls: { id?: string; name?: string; arguments: string }[] = []
  for (const delta of deltas) {
    for (const piece of (delta.tool_calls ?? []) as readonly Record<string, never>[]) {
      const { index, id, function: called } = piece as unknown as { index: number; id?: string; function: Call }
      calls[index] ??= { ...(id !== undefined && { id }), arguments: '' }
      const call = calls[index]
      if (called.name !== undefined) call.name = (call.name ?? '') + called.name
      call.arguments += called.arguments ?? ''
    }
  }
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    calls,
    finish: whole.flatMap(({ choices }) => choices.flatMap(({ finish_reason: reason }) => reason ?? [])),
    usage: whole.findLast(({ usage }) => usage)?.usage,
    error: chunks.find(({ error }) => error)?.error?.message,
    isDone: data.at(-1) === '[DONE]',
    isClean: ended === 'clean',
    chunks: whole,
  }
}

function readBody({ status, body, ended }: RawAnswer): Seen {
  const { choices = [], error, usage } = JSON.parse(body)
  const message = choices[0]?.message
  return {
    text: message?.content ?? '',
    calls: (message?.tool_calls ?? []).map((call: { id: string; function: Call }) => ({
      id: call.id,
      ...call.function,
    })),
    finish: choices.flatMap((one: { finish_reason: unknown }) => one.finish_reason ?? []),
    usage,
    error: error?.message ?? (status === 200 ? undefined : `status ${status}`),
    isDone: status === 200,
    isClean: ended === 'clean',
    chunks: [],
  }
}

const whole = (text: string) => ({ text, error: undefined, isDone: true, isClean: true, asked: [1, 0] })
const FALLEN_BACK = { text: FALLBACK, error: undefined, isDone: true, isClean: true, asked: [1, 1] }
const broken = (text: string) => ({ text, error: expect.any(String), isDone: false, isClean: false, asked: [1, 0] })
const calling = (...calls: readonly object[]) => ({
  calls,
  finish: ['tool_calls'],
  isDone: true,
  isClean: true,
  error: undefined,
})

describe('what others reported', () => {
  const reports: readonly [name: string, seen: object][] = [
    ['id-and-silence', whole('Hello')],
    ['finish-null-role-reset', FALLEN_BACK],
    ['finish-in-every-chunk-pause', whole('one two')],
    [
      'tool-finish-pause-tool',
      {
        calls: [
          { id: 'c1', name: 'a', arguments: '{}' },
          { id: 'c2', name: 'b', arguments: '{}' },
        ],
      },
    ],
    ['finish-canceled', broken('Half an answer')],
    ['error-object-mid-stream', { ...broken('Half an answer'), error: expect.stringContaining('CUDA') }],
    ['error-in-choice-json', FALLEN_BACK],
    ['empty-error-json', whole('Hi')],
    ['garbage-after-finish', whole('Hello')],
    ['ping-text-mid-stream', whole('Hello')],
    [
      'two-calls-one-index',
      calling({ id: 'c1', name: 'read', arguments: '{"a":1}' }, { id: 'c2', name: 'read', arguments: '{"a":2}' }),
    ],
    ['call-arguments-object', calling({ id: 'c1', name: 'a', arguments: '{"city":"Bern"}' })],
    ['usage-not-asked', whole('one')],
    [
      'same-index-two-calls-in-pieces',
      calling(
        { id: 'call_a', name: 'calc', arguments: '{"a":1}' },
        { id: 'call_b', name: 'calc', arguments: '{"a":2}' },
      ),
    ],
    ['no-role', calling({ id: 'call_1', name: 'calc', arguments: '{"a":1}' })],
    ['null-padding', calling({ id: 'call_1', name: 'calc', arguments: '{"a":1}' })],
    ['empty-type', calling({ id: 'call_1', name: 'calc', arguments: '{"a":1}' })],
    ['null-choices', { ...whole('hi'), usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } }],
    ['finish-without-delta', whole('hi')],
    ['nothing-said', FALLEN_BACK],
  ]

  test.skipIf(!existsSync(FILE)).concurrent.each(reports)('%s', async (name, seen) => {
    const report = REPORTS[name]
    if (!report) throw new Error(`there is no report ${name}`)
    const answer = await ask(report)
    expect(answer).toMatchObject(seen)
    expectShape(answer.chunks)
  })
})

/** Every chunk is one of OpenAI's, to a client that asked for no usage. */
function expectShape(chunks: readonly Chunk[]): void {
  const begun = new Set<number>()
  for (const { choices } of chunks) {
    expect(choices.length).toBeGreaterThan(0)
    for (const { index, delta } of choices) {
      expect(delta).toEqual(expect.any(Object))
      if (!begun.has(index)) expect(delta.role).toBe('assistant')
      else expect([undefined, 'assistant']).toContain(delta.role)
      begun.add(index)
    }
  }
  const calls = new Set<unknown>()
  for (const call of chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []))) {
    const { index, id, type, function: called } = call as unknown as Record<string, Record<string, unknown>>
    expect(called?.['arguments']).toEqual(expect.any(String))
    if (calls.has(index)) expect([id, called?.['name']]).toEqual([undefined, undefined])
    else
      expect([index, type, id, called?.['name']]).toEqual([
        calls.size,
        'function',
        expect.stringMatching(/./),
        expect.stringMatching(/./),
      ])
    calls.add(index)
  }
}

const call = (index: unknown, id: unknown, name: unknown, args: unknown) =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const usageChunk = (usage: unknown = USAGE) => event({ id: 'c1', object: 'chat.completion.chunk', choices: [], usage })
const json = (choice: object, more: object = {}) =>
  JSON.stringify({ id: 'a', choices: [{ index: 0, ...choice }], ...more })
const said = (content: unknown) => ({ message: { role: 'assistant', content } })

describe('an answer is whole when it is', () => {
  test.concurrent.each<[what: string, steps: readonly Step[], seen: object]>([
    ['a finish that means “not yet”, then a cut', [HELLO, chunk({}, 'in_progress'), { end: 'cut' }], broken('Hello')],
    [
      'a finish that means “not yet”, then the real one',
      [chunk({ role: 'assistant', content: 'Hel' }, 'none'), chunk({ content: 'lo' }, 'stop')],
      whole('Hello'),
    ],
    [
      'a finish, then text and a reset',
      [HELLO, STOP, chunk({ content: ' more' }), { end: 'reset' }],
      broken('Hello more'),
    ],
    ['a finish that names a failure', [HELLO, chunk({}, 'server_error'), DONE], broken('Hello')],
    ['a malformed call', [HELLO, chunk({}, 'MALFORMED_FUNCTION_CALL'), DONE], broken('Hello')],
    ['an unknown finish, then a reset', [HELLO, chunk({}, 'had_enough'), { end: 'reset' }], broken('Hello')],
    ['an unknown finish and a clean end', [HELLO, chunk({}, 'had_enough')], { ...whole('Hello'), finish: ['stop'] }],
    [
      'an unknown finish and [DONE]',
      [HELLO, chunk({}, 'had_enough'), DONE, { end: 'reset' }],
      { ...whole('Hello'), finish: ['stop'] },
    ],
    ['an announced call beside text', [HELLO, chunk({}, 'tool_calls'), DONE], { ...whole('Hello'), finish: ['stop'] }],
    ['an announced call and nothing', [chunk({ role: 'assistant' }), chunk({}, 'tool_calls'), DONE], FALLEN_BACK],
    [
      'usage, then nothing more and an open connection',
      [HELLO, STOP, usageChunk(), { end: 'hang' }],
      { ...whole('Hello'), usage: USAGE },
    ],
    ['[DONE] and an open connection', [HELLO, STOP, DONE, { end: 'hang' }], whole('Hello')],
    ['an error called by its detail', [HELLO, event({ detail: 'out of memory' }), DONE], broken('Hello')],
    ['an error called errors', [HELLO, event({ errors: [{ message: 'out of memory' }] }), DONE], broken('Hello')],
    ['no success', [HELLO, event({ success: false, message: 'out of memory' }), DONE], broken('Hello')],
    ['an error inside a choice', [HELLO, chunk({}, null, { error: { message: 'gone' } }), DONE], broken('Hello')],
    ['an error first', [event({ object: 'error', message: 'busy' }), DONE], FALLEN_BACK],
    ['an error beside its finish', [HELLO, chunk({}, 'stop', { error: { message: 'gone' } }), DONE], broken('Hello')],
    [
      'an empty error beside a good answer',
      [
        HELLO,
        event({ error: { message: '', code: null }, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
        DONE,
      ],
      whole('Hello'),
    ],
    ['a hundred pings', [HELLO, 'data: ping\n\n'.repeat(100), STOP, DONE], whole('Hello')],
    [
      'pings of every kind',
      [
        HELLO,
        'data: null\n\ndata: : keepalive\n\nevent: ping\ndata: {}\n\ndata: {"type":"ping"}\n\n: ping\n\ndata:\n\n',
        STOP,
        DONE,
      ],
      whole('Hello'),
    ],
    ['half of a JSON', [HELLO, 'data: {"id":"c1","choi\n\n', STOP, DONE], broken('Hello')],
    ['half of a JSON after the finish', [HELLO, STOP, 'data: {"id":"c1","choi\n\n', DONE], whole('Hello')],
    [
      'an answer for want of tokens',
      [chunk({ role: 'assistant', content: '' }), chunk({}, 'length'), DONE],
      { ...whole(''), finish: ['length'] },
    ],
    [
      'an answer by a filter',
      [chunk({ role: 'assistant', content: '' }), chunk({}, 'content_filter'), DONE],
      { ...whole(''), finish: ['content_filter'] },
    ],
    ['nothing in tokens that nobody sees', [chunk({ role: 'assistant' }), STOP, usageChunk(), DONE], whole('')],
    ['nothing, and no usage', [chunk({ role: 'assistant', content: '' }), STOP], FALLEN_BACK],
    [
      'usage that is none',
      [HELLO, STOP, usageChunk({ prompt_tokens: -1, completion_tokens: 1.5 }), DONE],
      whole('Hello'),
    ],
  ])('%s', async (_what, steps, seen) => {
    const answer = await ask({ steps })
    expect(answer).toMatchObject(seen)
    expectShape(answer.chunks)
  })

  test.concurrent.each<[what: string, body: string, seen: object]>([
    [
      'a finish that means “not yet”',
      json({ ...said('Hi'), finish_reason: 'null' }),
      { ...whole('Hi'), finish: ['stop'] },
    ],
    ['a finish that names an abort', json({ ...said('Hi'), finish_reason: 'abort' }), FALLEN_BACK],
    ['calls that never came', json({ ...said(null), finish_reason: 'tool_calls' }), FALLEN_BACK],
    ['nothing', json({ ...said(''), finish_reason: 'stop' }), FALLEN_BACK],
    [
      'nothing for want of tokens',
      json({ ...said(''), finish_reason: 'length' }),
      { ...whole(''), finish: ['length'] },
    ],
    ['an error of another name', JSON.stringify({ object: 'error', message: 'busy' }), FALLEN_BACK],
    ['errors', JSON.stringify({ success: false, errors: [{ message: 'busy' }], choices: null }), FALLEN_BACK],
    [
      'text in parts',
      json({
        ...said([
          { type: 'text', text: 'H' },
          { type: 'text', text: 'i' },
        ]),
        finish_reason: 'stop',
      }),
      whole('Hi'),
    ],
  ])('as JSON: %s', async (_what, body, seen) => {
    expect(await ask({ stream: false, steps: [body] })).toMatchObject(seen)
  })

  test.each([true, false])(
    'an answer that says nothing is an error where nobody else is left (streamed: %s)',
    async (stream) => {
      const steps = stream
        ? [chunk({ role: 'assistant', content: '' }), STOP, DONE]
        : [json({ ...said(''), finish_reason: 'stop' })]
      const { error } = await ask({ stream, steps }, {}, 0)
      expect(error).toMatch(/no usable answer/)
    },
  )
})

describe('a client reads', () => {
  test.concurrent.each<[what: string, steps: readonly Step[], seen: object]>([
    [
      'calls that are counted from one',
      [chunk({ role: 'assistant' }), call(1, 'a', 'f', '{}'), call(2, 'b', 'g', '{}'), chunk({}, 'tool_calls'), DONE],
      calling({ id: 'a', name: 'f', arguments: '{}' }, { id: 'b', name: 'g', arguments: '{}' }),
    ],
    [
      'a call in pieces without an index',
      [
        chunk({ role: 'assistant' }),
        chunk({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"x"' } }] }),
        chunk({ tool_calls: [{ function: { arguments: ':1}' } }] }),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      calling({ id: 'a', name: 'f', arguments: '{"x":1}' }),
    ],
    [
      'a name and an id that are repeated, once',
      [
        chunk({ role: 'assistant' }),
        call(0, 'a', 'f', ''),
        call(0, 'a', 'f', '{"x":'),
        call(0, 'a', 'f', '1}'),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      calling({ id: 'a', name: 'f', arguments: '{"x":1}' }),
    ],
    [
      'arguments that are an object',
      [chunk({ role: 'assistant' }), call(0, 'a', 'f', { x: 1 }), chunk({}, 'tool_calls'), DONE],
      calling({ id: 'a', name: 'f', arguments: '{"x":1}' }),
    ],
    [
      'text in parts',
      [chunk({ role: 'assistant', content: [{ type: 'text', text: 'Hello' }] }), STOP, DONE],
      whole('Hello'),
    ],
    [
      'no role that is null or empty',
      [chunk({ role: null, content: 'Hel' }), chunk({ role: '', content: 'lo' }), STOP, DONE],
      whole('Hello'),
    ],
    [
      'usage beside the finish, where it asked for none',
      [HELLO, STOP, usageChunk(), DONE],
      { ...whole('Hello'), usage: USAGE },
    ],
    ['a finish whose usage never comes', [HELLO, STOP, 1_500, DONE], whole('Hello')],
    [
      'a finish though the stream breaks before its usage',
      [HELLO, STOP, { end: 'reset' }],
      { ...whole('Hello'), finish: ['stop'] },
    ],
    ['a long silence', [HELLO, 2_500, chunk({ content: ' there' }), STOP, DONE], whole('Hello there')],
  ])('%s', async (_what, steps, seen) => {
    const answer = await ask({ steps })
    expect(answer).toMatchObject(seen)
    expectShape(answer.chunks)
  })

  test('usage as OpenAI sends it, where it asked', async () => {
    const { chunks } = await ask(
      { steps: [HELLO, STOP, usageChunk(), DONE] },
      { stream_options: { include_usage: true } },
    )
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: USAGE })
    expect(chunks.at(-2)).not.toHaveProperty('usage')
  })
})
