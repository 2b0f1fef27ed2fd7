import type { Read } from './read-answer.ts'

/** What the gateway changes by design, by the recording: from what is read directly to what is read through it. */
export const NORMALIZED: Readonly<Record<string, (direct: Read) => Read>> = {
  // Finish reasons that clients do not know.
  'together-chat': replacing('"eos"', '"stop"'),
  'eos-token': replacing('"eos_token"', '"stop"'),
  // Tool calls without an index get one.
  'ai-mistral-tool-call-stream': replacing(
    '"id":"gSIMJiOkT","function"',
    '"index":0,"id":"gSIMJiOkT","type":"function","function"',
  ),
  'tool-call-without-index': replacing(
    '"id":"aB3xY9","function"',
    '"index":0,"id":"aB3xY9","type":"function","function"',
  ),
  // Later pieces of a tool call lose an empty id, which would overwrite the first in some clients.
  'ai-alibaba-tool-call-stream': replacing('"id":"",', ''),
  'empty-id-later': replacing('"id":"",', ''),
  'ai-mistral-tool-call': replacing('"id":"gSIMJiOkT","function"', '"id":"gSIMJiOkT","type":"function","function"'),
  // A call is counted from nought; id and name are said once; arguments are a text.
  'ai-compat-anthropic-fallback-tool-call': replacing('"tool_calls":[{"index":1', '"tool_calls":[{"index":0'),
  'llm-tools-variant-a-1': replacing(
    '{"index":0,"id":"0","type":"function","function":{"name":"llm_version","arguments":"{}"}}',
    '{"index":0,"type":"function","function":{"arguments":"{}"}}',
  ),
  // Its first event has a space before it, which the SDK takes for another field's name.
  'llm-tools-variant-c-1': both(
    replacing('"function":{"name":"llm_version"}', '"function":{"name":"llm_version","arguments":""}'),
    (direct) => ({ ...direct, raw: [withDelta(direct, { role: 'assistant', content: '' }), ...direct.raw] }),
  ),
  'llm-tools-variant-d-1': replacing('"name":"llm_version","arguments":null', '"name":"llm_version","arguments":""'),
  // Three answers of one provider in one recording, whose calls share an index.
  'ai-cererebras-structured-output-tools-1-stream': (direct) => {
    const second = (text: string) => text.replace('"id":"e0ecf32e0","index":0', '"id":"e0ecf32e0","index":1')
    const [call, ...others] = direct.answer.calls
    if (!call || others.length > 0) throw new Error('nothing to normalize: no two calls in one')
    const calls = ['bbd2b9d98', 'e0ecf32e0'].map((id) => ({ ...call, id, arguments: '{}' }))
    return { ...direct, answer: { ...direct.answer, calls }, raw: JSON.parse(second(JSON.stringify(direct.raw))) }
  },
  // The first delta says the role, later ones none that is empty.
  'groq-web-search-stream': replacing('"delta":{"reasoning":"<th"', '"delta":{"role":"assistant","reasoning":"<th"'),
  'ai-azure-deepseek-reasoning-1-stream': replacing('"delta":{"role":null,', '"delta":{'),
  'ai-mistral-incremental-tool-call-stream': both(
    replacing(
      '"index":0,"content":""},"finish_reason":null',
      '"index":0,"content":"","role":"assistant"},"finish_reason":null',
    ),
    replacing(
      '"function":{"name":"","arguments":"{\\"query\\": \\"current Berlin weather\\"}"},"index":0}],"index":0,"content":"","role":"assistant"}',
      '"function":{"arguments":"{\\"query\\": \\"current Berlin weather\\"}"},"index":0}],"index":0,"content":""}',
    ),
  ),
  // Text in parts is text.
  'ai-mistral-reasoning-stream': both(
    replacing('[{"type":"text","text":"2 + 2 = 4"}]', '"2 + 2 = 4"'),
    replacing('[object Object][object Object][object Object]', '[object Object][object Object]2 + 2 = 4'),
  ),
  // Errors get every member of OpenAI's error object, whatever came.
  'groq-tool-use-failed-stream-1': withError({ param: null }),
  'groq-tool-use-failed-stream-text-1': withError({ param: null }),
  'openrouter-stream-error': withError({ param: null, type: 'server_error' }),
  'error-event-named': withError({ param: null }),
  'error-string': (direct) => {
    const message = String(direct.error?.body)
    const body = { message, type: 'server_error', param: null, code: 'upstream_error' }
    return { ...direct, error: { status: undefined, message, body } }
  },
}

function replacing(from: string, to: string): (direct: Read) => Read {
  return (direct) => {
    const text = JSON.stringify(direct)
    if (!text.includes(from)) throw new Error(`nothing to normalize: no ${from}`)
    return JSON.parse(text.replaceAll(from, to))
  }
}

/** The first chunk with another delta. */
function withDelta({ raw }: Read, delta: object): Read['raw'][number] {
  const [first] = JSON.parse(JSON.stringify(raw))
  return { ...first, choices: [{ ...first.choices[0], delta }] }
}

function both(...changes: readonly ((direct: Read) => Read)[]): (direct: Read) => Read {
  return (direct) => changes.reduce((read, change) => change(read), direct)
}

function withError(members: Readonly<Record<string, unknown>>): (direct: Read) => Read {
  return (direct) => {
    const body = direct.error?.body
    if (!direct.error || typeof body !== 'object' || body === null) throw new Error('nothing to normalize: no error')
    return { ...direct, error: { ...direct.error, body: { ...body, ...members } } }
  }
}
