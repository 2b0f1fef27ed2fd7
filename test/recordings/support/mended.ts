import type { Read } from './read-answer.ts'

/** What the gateway changes by design, by the recording: from what is read directly to what is read through it. */
export const MENDED: Readonly<Record<string, (direct: Read) => Read>> = {
  // Finish reasons that clients do not know.
  'together-chat': replacing('"eos"', '"stop"'),
  'eos-token': replacing('"eos_token"', '"stop"'),
  // Tool calls without an index get one.
  'ai-mistral-tool-call-stream': replacing('"id":"gSIMJiOkT","function"', '"index":0,"id":"gSIMJiOkT","function"'),
  'tool-call-without-index': replacing('"id":"aB3xY9","function"', '"index":0,"id":"aB3xY9","function"'),
  // Later pieces of a tool call lose an empty id, which would overwrite the first in some clients.
  'ai-alibaba-tool-call-stream': replacing('"id":"",', ''),
  'empty-id-later': replacing('"id":"",', ''),
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
    if (!text.includes(from)) throw new Error(`nothing to mend: no ${from}`)
    return JSON.parse(text.replaceAll(from, to))
  }
}

function withError(members: Readonly<Record<string, unknown>>): (direct: Read) => Read {
  return (direct) => {
    const body = direct.error?.body
    if (!direct.error || typeof body !== 'object' || body === null) throw new Error('nothing to mend: no error')
    return { ...direct, error: { ...direct.error, body: { ...body, ...members } } }
  }
}
