import { describe, expect, test } from 'vitest'
import { mapMessagesRequest } from '../../../src/wire/messages/request.ts'

const HELLO = [{ role: 'user', content: 'hi' }]

function map(body: object) {
  const mapped = mapMessagesRequest({ model: 'a/b', max_tokens: 9, messages: HELLO, ...body })
  if (!mapped.ok) throw new Error(JSON.stringify(mapped.error))
  return mapped.value
}

const user = (content: unknown) => ({ role: 'user', content })
const USE = { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }
const CALL = { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
const RESULT = { type: 'tool_result', tool_use_id: 't1', content: 'done' }
const TOOL = { role: 'tool', tool_call_id: 't1', content: 'done' }
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } }
const CHAT_PNG = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }
const used = { role: 'assistant', content: null, tool_calls: [CALL] }

describe('turns become messages', () => {
  test.each<[what: string, body: object, messages: readonly object[]]>([
    ['a text', {}, [user('hi')]],
    [
      'system as blocks and as a turn after the first user’s, as one message, first',
      {
        system: [
          { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'two' },
        ],
        messages: [...HELLO, { role: 'system', content: 'three' }],
      },
      [{ role: 'system', content: 'one\n\ntwo\n\nthree' }, user('hi')],
    ],
    [
      'a system turn after an answer, as a user’s message where it stands',
      { messages: [...HELLO, { role: 'assistant', content: 'yo' }, { role: 'system', content: 'be brief' }] },
      [user('hi'), { role: 'assistant', content: 'yo' }, user('be brief')],
    ],
    [
      'images and documents of text',
      {
        messages: [
          user([
            { type: 'text', text: 'see' },
            PNG,
            { type: 'image', source: { type: 'url', url: 'http://x/y' } },
            { type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'D' } },
          ]),
        ],
      },
      [
        user([
          { type: 'text', text: 'see' },
          CHAT_PNG,
          { type: 'image_url', image_url: { url: 'http://x/y' } },
          { type: 'text', text: 'T' },
          { type: 'text', text: 'D' },
        ]),
      ],
    ],
    [
      'thinking on a turn with a tool, with the call and without its signature',
      {
        messages: [
          ...HELLO,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'sig' },
              { type: 'redacted_thinking', data: 'x' },
              { type: 'text', text: 'I look' },
              USE,
            ],
          },
          user([RESULT]),
        ],
      },
      [user('hi'), { role: 'assistant', content: 'I look', reasoning_content: 'hm', tool_calls: [CALL] }, TOOL],
    ],
    [
      'thinking on a turn without one, not at all',
      {
        messages: [
          ...HELLO,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: '' },
              { type: 'text', text: 'yo' },
            ],
          },
        ],
      },
      [user('hi'), { role: 'assistant', content: 'yo' }],
    ],
    [
      'several results in one turn, before what the user says in it, wherever they stand',
      {
        messages: [
          { role: 'assistant', content: [USE, { ...USE, id: 't2' }] },
          user([
            { type: 'text', text: 'and?' },
            { ...RESULT, tool_use_id: 't2', content: [], is_error: true },
            {
              ...RESULT,
              content: [
                { type: 'text', text: 'a' },
                { type: 'text', text: 'b' },
              ],
            },
          ]),
        ],
      },
      [
        { role: 'assistant', content: null, tool_calls: [CALL, { ...CALL, id: 't2' }] },
        { ...TOOL, tool_call_id: 't2', content: '' },
        { ...TOOL, content: 'a\nb' },
        user('and?'),
      ],
    ],
    [
      'an image in a result, in a user’s message after the results',
      { messages: [{ role: 'assistant', content: [USE] }, user([{ ...RESULT, content: [PNG] }])] },
      [
        used,
        { ...TOOL, content: '' },
        user([{ type: 'text', text: 'Images from the results of the tools:' }, CHAT_PNG]),
      ],
    ],
    [
      'an id that a provider uses again in every turn, by the latest turn',
      {
        messages: [
          { role: 'assistant', content: [USE] },
          user([RESULT]),
          { role: 'assistant', content: [USE] },
          user([{ ...RESULT, content: 'again' }]),
        ],
      },
      [used, TOOL, used, { ...TOOL, content: 'again' }],
    ],
  ])('%s', (_what, body, messages) => {
    expect(map(body).chat['messages']).toEqual(messages)
  })
})

describe('settings', () => {
  test.each<[what: string, body: object, chat: object]>([
    ['stop sequences', { stop_sequences: ['END'] }, { stop: ['END'] }],
    ['what has the same name', { temperature: 0, top_p: 1, top_k: 5 }, { temperature: 0, top_p: 1, top_k: 5 }],
    ['a stream', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      'a schema',
      { output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'output', schema: { type: 'object' }, strict: true },
        },
      },
    ],
    [
      'what means nothing to a chat completion',
      {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        output_config: { effort: 'high' },
        context_management: {},
        metadata: { user_id: 'u' },
        service_tier: 'auto',
        unknown: 1,
      },
      {},
    ],
  ])('%s', (_what, body, chat) => {
    expect(map(body).chat).toEqual({ model: 'a/b', max_tokens: 9, messages: HELLO, ...chat })
  })
})

describe('how hard to think', () => {
  const budget = (tokens: unknown) => ({ thinking: { type: 'enabled', budget_tokens: tokens } })
  test.each<[what: string, body: object, effort: string | undefined]>([
    ['an effort', { output_config: { effort: 'low' } }, 'low'],
    ['an effort that only Anthropic’s models know', { output_config: { effort: 'max' } }, 'high'],
    [
      'an effort beside adaptive thinking',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      'high',
    ],
    ['an effort beside a budget', { ...budget(1_024), output_config: { effort: 'high' } }, 'high'],
    ['a small budget', budget(4_095), 'low'],
    ['a middling budget', budget(4_096), 'medium'],
    ['a middling budget, just', budget(16_383), 'medium'],
    ['a large budget', budget(16_384), 'high'],
    ['no thinking', { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'low'],
    ['adaptive thinking alone is the model’s choice', { thinking: { type: 'adaptive' } }, undefined],
    ['an effort of tomorrow', { output_config: { effort: 'ultra' } }, undefined],
    ['what is no budget', budget('8k'), undefined],
    ['nothing', {}, undefined],
  ])('%s', (_what, body, effort) => {
    expect(map(body).effort).toBe(effort)
  })
})

describe('tools', () => {
  const F = { name: 'f', description: 'd', input_schema: { type: 'object' } }
  const CHAT_F = { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }
  const PLACEHOLDER = { name: 'DeferredToolPlaceholder', input_schema: { type: 'object' }, defer_loading: true }
  const LATE = { ...F, name: 'late', defer_loading: true }
  const found = [
    { role: 'assistant', content: [{ ...USE, name: 'ToolSearch' }] },
    user([{ ...RESULT, content: [{ type: 'tool_reference', tool_name: 'late' }] }]),
  ]

  test('custom ones, without what only Anthropic knows; hosted ones are left out and named', () => {
    const { chat, droppedTools } = map({
      tools: [
        { ...F, type: 'custom', cache_control: {}, eager_input_streaming: true },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      mcp_servers: [{ url: 'http://x' }],
    })
    expect(chat['tools']).toEqual([CHAT_F])
    expect(droppedTools).toEqual(['web_search_20250305', 'mcp_servers'])
  })

  test('a deferred one is hidden until a reference names it', () => {
    expect(map({ tools: [F, PLACEHOLDER, LATE] }).chat['tools']).toEqual([CHAT_F])
    const { chat } = map({ tools: [F, PLACEHOLDER, LATE], messages: found })
    expect(chat['tools']).toMatchObject([{ function: { name: 'f' } }, { function: { name: 'late' } }])
    expect(chat['messages']).toMatchObject([{}, { role: 'tool', content: 'Tool late is available now.' }])
  })

  test.each<[choice: object, chat: object]>([
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [{ type: 'none' }, { tool_choice: 'none' }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [{ type: 'tool', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
  ])('the choice %j', (choice, chat) => {
    expect(map({ tools: [F], tool_choice: choice }).chat).toMatchObject(chat)
  })

  test('where none is left, no choice is sent either', () => {
    const { chat } = map({ tools: [PLACEHOLDER], tool_choice: { type: 'auto' } })
    expect(Object.keys(chat).sort()).toEqual(['max_tokens', 'messages', 'model'])
  })
})

describe('what is refused, by its name and with what to send instead', () => {
  const SEARCH = { type: 'web_search_20250305', name: 'web_search' }
  test.each<[body: object, param: string, message: RegExp]>([
    [{ messages: [] }, 'messages', /at least one/],
    [{ messages: ['x'] }, 'messages[0]', /object/],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role', /user, assistant or system/],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', /list/],
    [{ messages: [user([{ type: 'song' }])] }, 'messages[0].content[0]', /song/],
    [{ messages: [user([RESULT])] }, 'messages[0].content[0].tool_use_id', /no tool_use with the id "t1"/],
    [
      { messages: [user([{ type: 'image', source: { type: 'file', file_id: 'f' } }])] },
      'messages[0].content[0].source',
      /base64/,
    ],
    [
      { messages: [user([{ type: 'document', source: { type: 'base64', data: 'AA' } }])] },
      'messages[0].content[0].source',
      /as text/,
    ],
    [{ messages: [{ role: 'assistant', content: [{ type: 'song' }] }] }, 'messages[0].content[0]', /song/],
    [{ max_tokens: -1 }, 'max_tokens', /above zero/],
    [{ stop_sequences: [1] }, 'stop_sequences[0]', /text/],
    [{ tools: [{}] }, 'tools[0].name', /text/],
    [{ tools: [], tool_choice: { type: 'tool', name: 'g' } }, 'tool_choice.name', /no tool "g"/],
    [{ tools: [SEARCH], tool_choice: { type: 'tool', name: 'web_search' } }, 'tool_choice', /web_search_20250305/],
    [{ tools: [SEARCH], tool_choice: { type: 'any' } }, 'tool_choice', /web_search_20250305/],
    [{ tool_choice: { type: 'maybe' } }, 'tool_choice.type', /any/],
    [{ output_config: { format: { type: 'xml' } } }, 'output_config.format.type', /json_schema/],
  ])('%j', (body, param, message) => {
    const mapped = mapMessagesRequest({ messages: HELLO, ...body })
    expect(mapped).toMatchObject({ ok: false, error: { kind: 'bad_request', param } })
    expect(!mapped.ok && mapped.error.kind === 'bad_request' && mapped.error.message).toMatch(message)
  })
})
