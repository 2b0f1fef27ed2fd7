import { describe, expect, test } from 'vitest'
import { mapResponsesRequest } from '../../../src/wire/responses/request.ts'
import { responsesWire } from '../../../src/wire/responses/wire.ts'

function map(body: object) {
  const mapped = mapResponsesRequest({ model: 'a/b', input: 'hi', ...body })
  if (!mapped.ok) throw new Error(JSON.stringify(mapped.error))
  return mapped.value
}

const messagesOf = (input: unknown, more: object = {}) => map({ input, ...more }).chat['messages']
const user = (content: unknown) => ({ role: 'user', content })
const FC = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' }
const OUT = { type: 'function_call_output', call_id: 'c1', output: 'done' }
const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
const TOOL = { role: 'tool', tool_call_id: 'c1', content: 'done' }

describe('input becomes messages', () => {
  test.each<[what: string, input: unknown, messages: readonly object[]]>([
    ['a text', 'hi', [user('hi')]],
    ['an item without a type', [{ role: 'user', content: 'hi' }], [user('hi')]],
    [
      'texts alone, as one text',
      [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_text', text: 'b' },
          ],
        },
      ],
      [user('a\nb')],
    ],
    [
      'an image',
      [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'what?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
          ],
        },
      ],
      [
        user([
          { type: 'text', text: 'what?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
        ]),
      ],
    ],
    [
      'two messages of the developer and one of the system, as one, first',
      [
        { role: 'developer', content: 'one' },
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'two' },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'three' }] },
      ],
      [{ role: 'system', content: 'one\n\ntwo\n\nthree' }, user('hi')],
    ],
    [
      'what the system says after an answer, as a user’s message where it stands',
      [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'yo' }] },
        { role: 'system', content: 'be brief' },
      ],
      [user('hi'), { role: 'assistant', content: 'yo' }, user('be brief')],
    ],
    [
      'text and calls of a turn, as one message, and their results after all of them',
      [
        { role: 'user', content: 'go' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look' }] },
        FC,
        { ...FC, call_id: 'c2', arguments: '' },
        OUT,
        { ...OUT, call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      ],
      [
        user('go'),
        {
          role: 'assistant',
          content: 'I look',
          tool_calls: [CALL, { id: 'c2', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        TOOL,
        { ...TOOL, tool_call_id: 'c2', content: 'two' },
      ],
    ],
    [
      'a result that a message of the user’s came before, directly after its call',
      [FC, { role: 'user', content: 'quick!' }, OUT],
      [{ role: 'assistant', content: null, tool_calls: [CALL] }, TOOL, user('quick!')],
    ],
    [
      'reasoning before a call, with the call',
      [
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'x' },
        FC,
        OUT,
      ],
      [{ role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: [CALL] }, TOOL],
    ],
    [
      'reasoning before plain text, not at all: some providers refuse it there',
      [
        { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
        { role: 'assistant', content: 'yo' },
      ],
      [{ role: 'assistant', content: 'yo' }],
    ],
    [
      'reasoning that only its provider can read, not at all',
      [{ type: 'reasoning', summary: [], encrypted_content: 'x' }, FC],
      [{ role: 'assistant', content: null, tool_calls: [CALL] }],
    ],
    [
      'an image in a result, after the results',
      [
        FC,
        {
          ...OUT,
          output: [
            { type: 'input_text', text: 'see' },
            { type: 'input_image', image_url: 'http://x/y' },
          ],
        },
      ],
      [
        { role: 'assistant', content: null, tool_calls: [CALL] },
        { ...TOOL, content: 'see' },
        user([
          { type: 'text', text: 'Images from the results of the tools:' },
          { type: 'image_url', image_url: { url: 'http://x/y' } },
        ]),
      ],
    ],
    [
      'calls of hosted tools, not at all',
      [
        { role: 'user', content: 'hi' },
        { type: 'web_search_call', id: 'ws', status: 'completed' },
      ],
      [user('hi')],
    ],
    [
      'arguments, a result and an input that are no text, as their JSON: nothing is lost of them',
      [
        { ...FC, arguments: { a: 1 } },
        { ...OUT, output: { b: 2 } },
        { type: 'custom_tool_call', call_id: 'c2', name: 'g', input: { c: 3 } },
      ],
      [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ ...CALL, function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { ...TOOL, content: '{"b":2}' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c2', type: 'function', function: { name: 'g', arguments: '{"input":"{\\"c\\":3}"}' } }],
        },
      ],
    ],
    [
      'a custom call, as a call with one argument',
      [
        { type: 'custom_tool_call', call_id: 'c1', name: 'apply_patch', input: '*** Begin' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' },
      ],
      [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"*** Begin"}' } },
          ],
        },
        TOOL,
      ],
    ],
  ])('%s', (_what, input, messages) => {
    expect(messagesOf(input)).toEqual(messages)
  })

  test('instructions, before everything else of the system', () => {
    expect(messagesOf([{ role: 'developer', content: 'two' }], { instructions: 'one' })).toEqual([
      { role: 'system', content: 'one\n\ntwo' },
    ])
  })
})

describe('settings', () => {
  test.each<[what: string, body: object, chat: object]>([
    ['max_output_tokens', { max_output_tokens: 9 }, { max_tokens: 9 }],
    ['the effort', { reasoning: { effort: 'low', summary: 'auto' } }, { reasoning_effort: 'low' }],
    ['JSON', { text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } } },
      {
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      },
    ],
    ['a stream', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      'what has the same name',
      { temperature: 0, top_p: 0.5, user: 'u', models: ['c/d'], provider: { sort: 'price' } },
      { temperature: 0, top_p: 0.5, user: 'u', models: ['c/d'], provider: { sort: 'price' } },
    ],
    [
      'what means nothing to a chat completion',
      {
        store: true,
        include: ['reasoning.encrypted_content'],
        metadata: {},
        truncation: 'auto',
        prompt_cache_key: 'k',
        client_metadata: {},
        service_tier: 'auto',
        text: { verbosity: 'low' },
        reasoning: { summary: 'auto' },
        previous_response_id: null,
        background: false,
        unknown: 1,
      },
      {},
    ],
  ])('%s', (_what, body, chat) => {
    expect(map(body).chat).toEqual({ model: 'a/b', messages: [user('hi')], ...chat })
  })
})

describe('tools', () => {
  const F = { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: false }
  const CHAT_F = { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }

  test('functions, strict where they say so', () => {
    const { chat } = map({
      tools: [F, { ...F, name: 'g', strict: true, parameters: null }],
      parallel_tool_calls: false,
    })
    expect(chat['tools']).toEqual([
      CHAT_F,
      {
        type: 'function',
        function: { name: 'g', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
      },
    ])
    expect(chat['parallel_tool_calls']).toBe(false)
  })

  test('those of a namespace get names that lead back, in calls of earlier turns too', () => {
    const { chat, names } = map({
      tools: [
        { type: 'namespace', name: 'mcp__x', tools: [F] },
        { ...F, name: 'mcp__x__f' },
      ],
      input: [{ ...FC, namespace: 'mcp__x' }],
    })
    expect(chat['tools']).toMatchObject([{ function: { name: 'mcp__x__f' } }, { function: { name: 'mcp__x__f_1' } }])
    expect(chat['messages']).toMatchObject([{ tool_calls: [{ function: { name: 'mcp__x__f' } }] }])
    expect(names.toClient('mcp__x__f')).toEqual({ kind: 'function', name: 'f', namespace: 'mcp__x' })
    expect(names.toClient('mcp__x__f_1')).toMatchObject({ name: 'mcp__x__f' })
    expect(names.toClient('made_up')).toEqual({ kind: 'function', name: 'made_up' })
  })

  test('names that are too long for providers are shortened, each to one of its own', () => {
    const long = 'n'.repeat(70)
    const { chat, names } = map({
      tools: [
        { ...F, name: `${long}a` },
        { ...F, name: `${long}b` },
      ],
    })
    const sent = (chat['tools'] as { function: { name: string } }[]).map((tool) => tool.function.name)
    expect(sent.every((name) => name.length <= 64)).toBe(true)
    expect(sent.map((name) => names.toClient(name).name)).toEqual([`${long}a`, `${long}b`])
  })

  test('a custom tool is a function of one text that knows its grammar', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: x' }
    const { chat } = map({ tools: [{ type: 'custom', name: 'apply_patch', description: 'Edits.', format }] })
    expect(chat['tools']).toMatchObject([
      {
        function: {
          name: 'apply_patch',
          parameters: { required: ['input'] },
          description: expect.stringContaining('start: x'),
        },
      },
    ])
  })

  test('hosted ones are left out and named', () => {
    const { chat, droppedTools } = map({ tools: [{ type: 'web_search' }, F], tool_choice: 'auto' })
    expect(chat).toMatchObject({ tools: [CHAT_F], tool_choice: 'auto' })
    expect(droppedTools).toEqual(['web_search'])
  })

  test('where none is left, no choice is sent either', () => {
    const { chat } = map({ tools: [{ type: 'web_search' }], tool_choice: 'auto', parallel_tool_calls: true })
    expect(Object.keys(chat).sort()).toEqual(['messages', 'model'])
  })

  test.each<[choice: unknown, chat: object]>([
    ['required', { tool_choice: 'required' }],
    [{ type: 'function', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
      { tool_choice: 'required', tools: [CHAT_F] },
    ],
  ])('the choice %j', (choice, chat) => {
    expect(map({ tools: [F, { ...F, name: 'g' }], tool_choice: choice }).chat).toMatchObject(chat)
  })
})

describe('what is refused, by its name and with what to send instead', () => {
  const F = { type: 'function', name: 'f' }
  test.each<[body: object, param: string, message: RegExp]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id', /whole conversation/],
    [{ conversation: 'conv_1' }, 'conversation', /whole conversation/],
    [{ prompt: { id: 'p' } }, 'prompt', /instructions/],
    [{ background: true }, 'background', /stream: true/],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input[0]', /store: false/],
    [{ input: undefined }, 'input', /text or a list/],
    [{ input: [] }, 'input', /text or a list/],
    [{ input: [{ type: 'web_search_call', id: 'ws' }] }, 'input', /nothing that a model can read/],
    [{ input: [{ type: 'reasoning', summary: [] }] }, 'input', /nothing that a model can read/],
    [{ instructions: [{ role: 'system', content: 'x' }] }, 'instructions', /text/],
    [{ input: ['x'] }, 'input[0]', /object/],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role', /assistant/],
    [{ input: [{ type: 'song' }] }, 'input[0].type', /song/],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
      'input[0].content[0]',
      /input_file/,
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input[0].content[0]',
      /image_url/,
    ],
    [{ input: [OUT] }, 'input[0].call_id', /no call with the id "c1"/],
    [{ input: [{ ...FC, call_id: undefined }] }, 'input[0].call_id', /text/],
    [{ tools: 'x' }, 'tools', /list/],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name', /text/],
    [{ tools: [F], tool_choice: 'sometimes' }, 'tool_choice', /auto, none, required/],
    [{ tools: [F], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice', /no tool "g"/],
    [{ tools: [F, { type: 'web_search' }], tool_choice: { type: 'web_search' } }, 'tool_choice', /web_search/],
    [{ tools: [{ type: 'web_search' }], tool_choice: 'required' }, 'tool_choice', /web_search/],
    [{ max_output_tokens: 0 }, 'max_output_tokens', /above zero/],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type', /json_schema/],
  ])('%j', (body, param, message) => {
    const mapped = mapResponsesRequest({ input: 'hi', ...body })
    expect(mapped).toMatchObject({ ok: false, error: { kind: 'bad_request', param } })
    expect(!mapped.ok && mapped.error.kind === 'bad_request' && mapped.error.message).toMatch(message)
  })

  test.each([
    ['no JSON', '{', undefined],
    ['no object', '[]', 'The body'],
    ['a model that is no text', '{"input":"hi","model":5}', 'model'],
    ['a stream that is no boolean', '{"input":"hi","stream":"yes"}', 'stream'],
    [
      'a schema that is nested too deeply',
      `{"input":"hi","tools":[{"type":"function","name":"f","parameters":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}]}`,
      undefined,
    ],
  ])('%s', (_what, text, param) => {
    const read = responsesWire.read(new TextEncoder().encode(text))
    expect(read).toMatchObject({ ok: false, error: { kind: 'bad_request', ...(param && { param }) } })
  })

  test('a body that is small to send and huge to hold', () => {
    const bomb = `{"input":[${'[],'.repeat(3_000_000)}[]]}`
    const read = responsesWire.read(new TextEncoder().encode(bomb))
    expect(read).toMatchObject({ ok: false, error: { message: expect.stringContaining('JSON values') } })
  })

  test('bytes that are not UTF-8', () => {
    expect(responsesWire.read(new Uint8Array([0x22, 0xff, 0x22])).ok).toBe(false)
  })
})
