import { describe, expect, test } from 'vitest'
import type { Blame, FailureReason, Fault } from '../../src/core/routing/outcome.ts'
import { refusalStatusOf } from '../../src/core/routing/outcome.ts'
import { classify } from '../../src/huggingface/classify-error.ts'
import { readErrorBody } from '../../src/huggingface/error-body.ts'
import { readEvent } from '../../src/huggingface/read-event.ts'
import { createRedact } from '../../src/huggingface/redact.ts'

const redact = createRedact(undefined)

/** The verdict on an HTTP answer with this status and body. */
function judgeStatus(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return classify({ kind: 'status', status, error: readErrorBody(text, status) }, redact)
}

/** The verdict on the same body as an event inside a 200. */
function judgeEvent(body: unknown) {
  const facts = readEvent(JSON.stringify(body), 'error')
  if (facts.kind !== 'error') throw new Error('the test writes an event that holds no error')
  return classify({ kind: 'error_event', error: facts.error }, redact)
}

const said = (message: string, rest: Record<string, unknown> = {}) => ({ error: { message, ...rest } })
const invalid = { type: 'invalid_request_error' }

describe('an HTTP error', () => {
  test.each<[what: string, status: number, body: unknown, reason: FailureReason, blame: Blame]>([
    // the target's, though the status says the request's
    [
      'a decommissioned model',
      400,
      said('The model `m` has been decommissioned and is no longer supported.', {
        ...invalid,
        code: 'model_decommissioned',
      }),
      'model_not_found',
      'target',
    ],
    [
      'the same without a code',
      400,
      said('The model `m` has been decommissioned and is no longer supported.', invalid),
      'model_not_found',
      'target',
    ],
    [
      'a deprecated model',
      400,
      said('The model gpt-3.5-turbo-0301 has been deprecated, learn more here: https://x.test', invalid),
      'model_not_found',
      'target',
    ],
    ['a model that is retired', 404, said('Model claude-2 was retired on 2025-07-21.'), 'model_not_found', 'target'],
    [
      'an unavailable model',
      422,
      { error: 'Model meta-llama/Llama-3.1-8B is currently unavailable' },
      'overloaded',
      'target',
    ],
    [
      'a model that is not available',
      400,
      said('Model Qwen/Qwen3-8B is not available right now.'),
      'model_not_found',
      'target',
    ],
    ['an unknown model', 400, said('Unknown model: foo/bar'), 'model_not_found', 'target'],
    ['no such model', 422, { detail: 'No such model foo' }, 'model_not_found', 'target'],
    ['an invalid model', 400, said('Invalid model: deepseek-r1'), 'model_not_found', 'target'],
    [
      'a model that nobody serves',
      400,
      said("The requested model 'x/y' is not supported by any provider you have enabled.", {
        ...invalid,
        code: 'model_not_supported',
      }),
      'model_not_found',
      'target',
    ],
    [
      'hf-inference without the model',
      400,
      { error: 'Model not supported by provider hf-inference' },
      'model_not_found',
      'target',
    ],
    [
      'a model without endpoints',
      404,
      said('No endpoints found for qwen/qwen3-8b:free.', { code: 404 }),
      'model_not_found',
      'target',
    ],
    [
      'a template that is not there',
      422,
      { error: 'Template error: template not found', error_type: 'template_error' },
      'bad_request',
      'request',
    ],
    [
      'vLLM without the model',
      404,
      { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', param: null, code: 404 },
      'model_not_found',
      'target',
    ],
    [
      'Fireworks without the model',
      404,
      said('Model not found, inaccessible, and/or not deployed', { code: 'NOT_FOUND' }),
      'model_not_found',
      'target',
    ],
    [
      'Together without the model',
      400,
      said('Unable to access non-serverless model x/y. Please visit https://x.test to start a dedicated endpoint.', {
        ...invalid,
        code: 'model_not_available',
      }),
      'model_not_found',
      'target',
    ],
    ['a path that is not there', 404, 'Not Found', 'model_not_found', 'target'],
    [
      'an overloaded model',
      400,
      said('The model is currently overloaded, please try again later', invalid),
      'overloaded',
      'target',
    ],
    ['an overloaded model by its code', 422, said('busy', { code: 'model_overloaded' }), 'overloaded', 'target'],
    ['an engine at capacity', 400, { error: 'The engine is at capacity. Try later.' }, 'overloaded', 'target'],
    [
      'a model that loads',
      400,
      { error: 'Model a/b is currently loading', estimated_time: 20 },
      'overloaded',
      'target',
    ],
    ['a rate limit in a 400', 400, said('Rate limit reached for requests', invalid), 'rate_limited', 'capacity'],
    ['a rate limit in a 404', 404, said('no', { code: 'rate_limit_exceeded' }), 'rate_limited', 'capacity'],
    ['too many requests in a 422', 422, { detail: 'Too many requests, slow down' }, 'rate_limited', 'capacity'],
    [
      'missing credit in a 400',
      400,
      said('Your credit balance is too low to access the API.', invalid),
      'billing',
      'target',
    ],
    [
      'missing credit in a 403',
      403,
      { error: 'You have exceeded your monthly included credits for Inference Providers.' },
      'billing',
      'target',
    ],
    ['missing balance in a 404', 404, said('Insufficient account balance'), 'billing', 'target'],
    [
      'tokens per minute',
      413,
      said(
        'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.',
        { type: 'tokens', code: 'rate_limit_exceeded' },
      ),
      'rate_limited',
      'capacity',
    ],
    [
      'tokens per minute without a code',
      413,
      said(
        'Request too large on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce the length of the messages',
      ),
      'rate_limited',
      'capacity',
    ],
    [
      'a generation that failed',
      424,
      { error: 'Request failed during generation: Server error: CUDA error', error_type: 'generation' },
      'bad_answer',
      'target',
    ],
    ['a 424 of any kind', 424, '', 'bad_answer', 'target'],
    [
      'a tool call that the model wrote wrong',
      400,
      said('Tool call validation failed', { ...invalid, code: 'tool_use_failed' }),
      'bad_answer',
      'target',
    ],
    [
      'Novita without the model',
      404,
      { code: 404, reason: 'MODEL_NOT_FOUND', message: 'model not found' },
      'model_not_found',
      'target',
    ],
    [
      'Novita without balance',
      403,
      { code: 403, reason: 'NOT_ENOUGH_BALANCE', message: 'not enough balance' },
      'billing',
      'target',
    ],
    [
      'Featherless without room',
      400,
      said('The model a/b is temporarily unavailable, capacity exhausted'),
      'overloaded',
      'target',
    ],
    ['a model in demand', 400, { error: 'This model is currently experiencing high demand.' }, 'overloaded', 'target'],
    [
      'a model that is busy',
      422,
      { error: 'Model too busy, unable to get response in less than 60 second(s)' },
      'overloaded',
      'target',
    ],
    ['a service', 400, { error: 'Service Unavailable' }, 'overloaded', 'target'],
    [
      'a model that does not chat',
      404,
      said('This is not a chat model and thus not supported in the v1/chat/completions endpoint.'),
      'model_not_found',
      'target',
    ],
    [
      'OpenRouter without a provider',
      404,
      said('No endpoints found that support tool use.'),
      'model_not_found',
      'target',
    ],
    ['a day’s limit', 400, said('Rate limit exceeded: free-models-per-day', { code: 429 }), 'rate_limited', 'capacity'],
    // the request's
    [
      'an image that was not found',
      400,
      said(
        'Multimodal model input error: could not load image from https://example.com/cat.png: 404, message=Not Found',
        invalid,
      ),
      'bad_request',
      'request',
    ],
    [
      'an image that does not exist',
      404,
      said('The image https://example.com/model.png was not found'),
      'bad_request',
      'request',
    ],
    ['a file for the model', 400, said('The model could not read the file: not found'), 'bad_request', 'request'],
    ['a tool that the model lacks', 400, said("Tool 'model_lookup' not found in tools"), 'bad_request', 'request'],
    ['a parameter of the model', 400, said('model parameter is unknown: foo'), 'bad_request', 'request'],
    [
      'a parameter that a model does not take',
      400,
      said(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        { ...invalid, code: 'unsupported_parameter' },
      ),
      'bad_request',
      'request',
    ],
    [
      'a model that cannot see',
      400,
      said('The model m does not support image inputs', invalid),
      'bad_request',
      'request',
    ],
    ['tools that a model does not take', 400, said('tools is not supported in this model'), 'bad_request', 'request'],
    ['an id of an answer', 404, said('Previous response with id resp_1 not found.', invalid), 'bad_request', 'request'],
    [
      'moderation',
      403,
      said('Your input was flagged by our moderation system', { code: 403 }),
      'bad_request',
      'request',
    ],
    ['a content policy', 403, { error: 'This request violates our usage policies.' }, 'bad_request', 'request'],
    ['moderation by its code', 400, said('no', { code: 'content_filter' }), 'bad_request', 'request'],
    ['a media type', 415, said('Unsupported media type'), 'bad_request', 'request'],
    ['a field', 422, { detail: [{ msg: 'field required', loc: ['body', 'messages'] }] }, 'bad_request', 'request'],
    ['a body', 413, { error: 'too big' }, 'bad_request', 'request'],
    [
      'too many tokens to answer with',
      400,
      said('max_tokens is too large: 100000. This model supports at most 8192 completion tokens', invalid),
      'bad_request',
      'request',
    ],
    [
      'a maximum of output',
      422,
      said('max_tokens exceeds the maximum number of output tokens'),
      'bad_request',
      'request',
    ],
    ['a context option', 400, said('context_window must be an integer'), 'bad_request', 'request'],
    ['credentials of an image', 400, said('The image URL must not contain credentials'), 'bad_request', 'request'],
    [
      'a key of a tool',
      400,
      said("Missing required parameter: 'tools[0].function.parameters.api_key'"),
      'bad_request',
      'request',
    ],
    ['JSON', 400, said('Invalid token at position 7 of the body'), 'bad_request', 'request'],
    ['a parameter about the model', 400, said("Unknown parameter: 'model_kwargs'."), 'bad_request', 'request'],
    [
      'an input that a model does not take',
      400,
      said('messages[2]: image model input is unsupported'),
      'bad_request',
      'request',
    ],
    [
      'a template',
      422,
      { error: 'Template error: Conversation roles must alternate', error_type: 'template_error' },
      'bad_request',
      'request',
    ],
    [
      'a body in nginx’s words',
      413,
      '<html><title>413 Request Entity Too Large</title></html>',
      'bad_request',
      'request',
    ],
    // too long
    [
      'llama-cpp-python’s overflow',
      400,
      said('Requested tokens (9000) exceed context window of 8192'),
      'context_overflow',
      'request',
    ],
    [
      'LM Studio’s overflow',
      400,
      said('The number of tokens to keep from the initial prompt is greater than the context length'),
      'context_overflow',
      'request',
    ],
    [
      'SGLang’s overflow',
      400,
      said("The input (9000 tokens) is longer than the model's context length (8192 tokens)."),
      'context_overflow',
      'request',
    ],
    [
      'DashScope’s overflow',
      400,
      said('Range of input length should be [1, 30720]', { code: 'invalid_parameter_error' }),
      'context_overflow',
      'request',
    ],
    ['Zhipu’s overflow', 400, said('Prompt exceeds max length', { code: '1261' }), 'context_overflow', 'request'],
    [
      'Moonshot’s overflow',
      400,
      said('Invalid request: Your request exceeded model token limit: 262144'),
      'context_overflow',
      'request',
    ],
    ['MiniMax’s overflow', 400, said('invalid params, context window exceeds limit'), 'context_overflow', 'request'],
    [
      'Claude’s overflow',
      400,
      said('input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'),
      'context_overflow',
      'request',
    ],
    [
      'GitHub’s overflow',
      413,
      said('Request body too large for gpt-4o model. Max size: 8000 tokens.', { code: 'tokens_limit_reached' }),
      'context_overflow',
      'request',
    ],
    [
      'vLLM’s overflow',
      400,
      said("This model's maximum context length is 32768 tokens. However, you requested 40000"),
      'context_overflow',
      'request',
    ],
    [
      'TGI’s overflow',
      422,
      { error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192', error_type: 'validation' },
      'context_overflow',
      'request',
    ],
    [
      'TGI’s other overflow',
      422,
      { error: 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5000' },
      'context_overflow',
      'request',
    ],
    [
      'Mistral’s overflow',
      400,
      { message: 'Prompt contains 40000 tokens; too many tokens' },
      'context_overflow',
      'request',
    ],
    [
      'llama.cpp’s overflow',
      400,
      said('the request exceeds the available context size, try increasing it', {
        code: 400,
        type: 'exceed_context_size_error',
      }),
      'context_overflow',
      'request',
    ],
    [
      'xAI’s overflow',
      400,
      { error: "This model's maximum prompt length is 131072 but the request contains 540000 tokens." },
      'context_overflow',
      'request',
    ],
    [
      'Gemini’s overflow',
      400,
      said('The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'),
      'context_overflow',
      'request',
    ],
    ['Bedrock’s overflow', 400, said('Input is too long for requested model.'), 'context_overflow', 'request'],
    ['a 413 that says so', 413, said('prompt is too long: 9000 tokens'), 'context_overflow', 'request'],
    ['an overflow by its code', 400, said('no', { code: 'context_length_exceeded' }), 'context_overflow', 'request'],
    // the operator's
    ['the router’s 401', 401, { error: 'Invalid username or password.' }, 'upstream_auth', 'operator'],
    ['a 401 without a word', 401, '', 'upstream_auth', 'operator'],
    [
      'a permission',
      403,
      {
        error:
          'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user X',
      },
      'upstream_auth',
      'operator',
    ],
    ['a token', 403, { error: 'bad token' }, 'upstream_auth', 'operator'],
    [
      'xAI’s wrong key',
      400,
      { code: 'invalid-argument', error: 'Incorrect API key provided. You can obtain one from https://x.test.' },
      'upstream_auth',
      'operator',
    ],
    // others
    [
      'moderation of a server that calls all its failures its own',
      403,
      said('Your input was flagged by our moderation system', { type: 'server_error' }),
      'bad_request',
      'request',
    ],
    [
      'a 400 that a server calls its own',
      400,
      said('Something went wrong', { type: 'internal_server_error' }),
      'server_error',
      'target',
    ],
    ['a 403 without a word', 403, '', 'server_error', 'target'],
    ['a 403 that says nothing', 403, { error: 'Forbidden' }, 'server_error', 'target'],
    [
      'a region',
      403,
      said('Country, region, or territory not supported', { code: 'unsupported_country_region_territory' }),
      'server_error',
      'target',
    ],
    ['451', 451, { error: 'Unavailable for legal reasons' }, 'legally_blocked', 'nobody'],
    ['402', 402, { error: 'You have depleted your monthly included credits.' }, 'billing', 'target'],
    ['429', 429, { error: 'Rate limit reached for model' }, 'rate_limited', 'capacity'],
    ['429 of a spent quota', 429, said('no', { code: 'insufficient_quota' }), 'billing', 'target'],
    ['408', 408, '', 'timeout', 'target'],
    ['409', 409, '', 'overloaded', 'target'],
    ['410', 410, '', 'model_not_found', 'target'],
    ['405', 405, '', 'server_error', 'target'],
    ['421', 421, '', 'server_error', 'target'],
    [
      '500',
      500,
      { error: { message: 'Internal Error, please report to us', type: 'invalid_request_error' } },
      'server_error',
      'target',
    ],
    [
      'a server that failed and blames the request',
      500,
      said('no', { code: 'invalid_value' }),
      'server_error',
      'target',
    ],
    [
      'a server that failed with a 400 inside',
      502,
      said('Provider returned error', { code: 400 }),
      'server_error',
      'target',
    ],
    ['a server that failed over content', 500, said('no', { code: 'content_filter' }), 'server_error', 'target'],
    ['a 429 in a 400', 400, said('no', { code: 429 }), 'rate_limited', 'capacity'],
    ['503', 503, { error: 'Model is loading', estimated_time: 20 }, 'overloaded', 'target'],
    ['504', 504, '<html><title>504 Gateway Time-out</title></html>', 'timeout', 'target'],
    ['529', 529, '', 'overloaded', 'target'],
    ['302', 302, '', 'bad_answer', 'target'],
    ['204', 204, '', 'bad_answer', 'target'],
  ])('%s (%i)', (_what, status, body, reason, blame) => {
    expect(judgeStatus(status, body)).toMatchObject({ reason, blame })
  })
})

describe('an error event inside a 200', () => {
  test.each<[what: string, body: unknown, reason: FailureReason, blame: Blame]>([
    ['by a status that it names', said('no', { code: 503 }), 'overloaded', 'target'],
    ['by a status of the request', said('bad temperature', { code: 400 }), 'bad_request', 'request'],
    [
      'by the words beside that status',
      said('The model `m` has been decommissioned.', { code: 400 }),
      'model_not_found',
      'target',
    ],
    [
      'vLLM’s',
      { object: 'error', message: 'CUDA out of memory', type: 'InternalServerError', param: null, code: 500 },
      'server_error',
      'target',
    ],
    ['about credits', said('You have exceeded your monthly included credits'), 'billing', 'target'],
    ['about requests', said('Too many requests'), 'rate_limited', 'capacity'],
    ['about load', said('The engine is currently overloaded'), 'overloaded', 'target'],
    ['of one word', { error: 'overloaded' }, 'overloaded', 'target'],
    ['by its type', said('no', { type: 'overloaded_error' }), 'overloaded', 'target'],
    ['about a model', said('x', { code: 'model_not_found' }), 'model_not_found', 'target'],
    [
      'about an image',
      said('could not load image: 404, message=Not Found', { code: 'invalid_image_url' }),
      'bad_request',
      'request',
    ],
    ['about a conversation', said('maximum context length is 10 tokens'), 'context_overflow', 'request'],
    ['about the token', said('Invalid API key'), 'upstream_auth', 'operator'],
    ['of a kind that providers use for everything', said('no', invalid), 'bad_request', 'nobody'],
    [
      'that the model failed at',
      said('Failed to call a function.', { ...invalid, code: 'tool_use_failed' }),
      'bad_answer',
      'target',
    ],
    ['of any other kind', said('Something went wrong'), 'server_error', 'target'],
  ])('%s', (_what, body, reason, blame) => {
    expect(judgeEvent(body)).toMatchObject({ reason, blame })
  })
})

test.each<[fault: Fault, reason: FailureReason, blame: Blame]>([
  [{ kind: 'network', beforeHeaders: true }, 'unreachable', 'target'],
  [{ kind: 'timeout', phase: 'headers' }, 'timeout', 'target'],
  [{ kind: 'bad_answer', detail: 'an empty answer' }, 'bad_answer', 'target'],
  [{ kind: 'client_gone' }, 'client_gone', 'nobody'],
])('%j', (fault, reason, blame) => {
  expect(classify(fault, redact)).toEqual({ ...fault, reason, blame })
})

test.each<[what: string, status: number, answer: ReturnType<typeof judgeEvent>]>([
  ['an HTTP status', 422, judgeStatus(422, said('no'))],
  ['moderation', 403, judgeStatus(403, said('flagged by moderation'))],
  ['a status named inside a 200', 413, judgeEvent(said('no', { code: 413 }))],
  ['none', 400, judgeEvent(said('no', { code: 'invalid_value' }))],
])('a request at fault is refused with the upstream’s status: %s', (_what, status, failed) => {
  expect(refusalStatusOf(failed)).toBe(status)
})

test('the verdict repeats no token, whatever it looks like, and is read before it is taken out', () => {
  const failed = classify(
    {
      kind: 'status',
      status: 400,
      error: { message: 'Incorrect API key provided: tok-0123456789', code: 'tok-0123456789' },
    },
    createRedact('tok-0123456789'),
    'Root=1-x',
  )
  expect(JSON.stringify(failed)).not.toContain('tok-0123456789')
  expect(failed).toMatchObject({ reason: 'upstream_auth', upstreamRequestId: 'Root=1-x' })
})

test('a long message that holds every word is judged in no time', () => {
  const message = 'model '.repeat(10_000) + '`'.repeat(10_000)
  const startedAt = Date.now()
  judgeStatus(400, said(message))
  expect(Date.now() - startedAt).toBeLessThan(500)
})
