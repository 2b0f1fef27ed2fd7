import type { Answer } from '../../../src/simulator/answer.ts'

/** What `test/text` and `test/slow` say. */
export const TEXT = 'All of it came through: é, 漢 and 🙂.'
/** What they think before. */
export const REASONING = 'Simulated thoughts come first.'

const spoken = { kind: 'completion', text: TEXT, reasoning: REASONING, usage: 'end' } as const

/** Models of the tests' own, by what the upstream does when it is asked for them. */
export const CAST = {
  'test/text': spoken,
  'test/slow': { ...spoken, faults: [{ fault: 'slow', firstTokenMs: 1_500, perTokenMs: 1 }] },
  'test/endless': { fault: 'endless', delayMs: 10 },
  'test/silent': { fault: 'no_headers' },
  'test/cut': { fault: 'cut', text: TEXT },
  'test/ends-early': { fault: 'early_end', text: TEXT },
  'test/breaks-inside': { fault: 'error_event', message: 'the provider gave up', text: TEXT },
  'test/first-fails': { fault: 'status', status: 503 },
  'test/bad-token': { fault: 'status', status: 401 },
  'test/bad-request': {
    fault: 'status',
    status: 400,
    body: {
      error: { message: 'temperature is too high', type: 'invalid_request_error', param: 'temperature', code: 'x' },
    },
  },
  // Its status comes at once, its body only when the stream is being held.
  'test/held-bad': { kind: 'raw', status: 422, delayMs: 600, chunks: ['{"error":{"message":"too odd a request"}}'] },
  'test/calls-weather': {
    kind: 'completion',
    toolCall: { name: 'get_weather', arguments: { location: 'San Francisco, CA' } },
    usage: 'end',
  },
  // Three heartbeats come before it.
  'test/slow-call': {
    kind: 'completion',
    toolCall: { name: 'get_weather', arguments: { city: 'Zürich' } },
    usage: 'end',
    faults: [{ fault: 'slow', firstTokenMs: 2_600, perTokenMs: 1 }],
  },
  'test/busy': { fault: 'status', status: 429, retryAfter: '120' },
} as const satisfies Readonly<Record<string, Answer>>

/** The configuration of the gateway in front of them. */
export const CONFIG = {
  agents: {
    defaults: {
      model: { primary: 'huggingface/Qwen/Qwen3-8B' },
      models: {
        'huggingface/test/text': { alias: 'The Talker' },
        'huggingface/deepseek-ai/DeepSeek-R1': { alias: 'DeepSeek R1' },
      },
    },
  },
  hugway: {
    // Heartbeats begin early, so that a slow first token shows what they do to a client.
    holdMs: 200,
    models: { 'huggingface/test/first-fails': { fallbacks: ['huggingface/test/text'] } },
  },
}

/** The tool that the simulator calls when the user names it. */
export const WEATHER = {
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
  },
}
/** Makes the simulator call {@link WEATHER}. */
export const ASK_WEATHER = 'Call get_weather for Zürich'
/** What the tool says; the simulator repeats it. */
export const TOOL_RESULT = '21 degrees and sunny'
