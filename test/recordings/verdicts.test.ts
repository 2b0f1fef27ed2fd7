import { describe, expect, test } from 'vitest'
import type { Blame, FailureReason } from '../../src/core/routing/outcome.ts'
import { classify } from '../../src/huggingface/classify-error.ts'
import { readErrorBody } from '../../src/huggingface/error-body.ts'
import { createRedact } from '../../src/huggingface/redact.ts'
import { HAS_SHARED, readSharedRecordings } from './support/shared-recordings.ts'

const redact = createRedact(undefined)

/** Every error answer that was recorded, and who is to blame for it. */
const VERDICTS: Readonly<Record<string, readonly [reason: FailureReason, blame: Blame]>> = {
  'ai-reasoning-model-legacy-parameter-error': ['bad_request', 'request'],
  'azure-401': ['upstream_auth', 'operator'],
  'deepseek-401': ['upstream_auth', 'operator'],
  'deepseek-context-length': ['context_overflow', 'request'],
  'groq-404-model': ['model_not_found', 'target'],
  'groq-tool-use-failed-1': ['bad_answer', 'target'],
  'hub-hf-inference-chat-completion-unprocessable-entity': ['upstream_auth', 'operator'],
  'mistral-401': ['upstream_auth', 'operator'],
  'ollama-cloud-401': ['upstream_auth', 'operator'],
  'openai-401': ['upstream_auth', 'operator'],
  'openai-chat-bad-request': ['bad_request', 'request'],
  'openai-chat-no-messages': ['bad_request', 'request'],
  'openai-chat-unknown-model': ['model_not_found', 'target'],
  'openrouter-401': ['upstream_auth', 'operator'],
  'openrouter-429': ['rate_limited', 'capacity'],
  'openrouter-context-length': ['context_overflow', 'request'],
  'perplexity-401': ['upstream_auth', 'operator'],
  'xai-401': ['upstream_auth', 'operator'],
}

describe.skipIf(!HAS_SHARED)('recorded errors', () => {
  const errors = readSharedRecordings().filter(({ status }) => status >= 400)

  test('each has a verdict, and each verdict a recording', () => {
    expect(errors.map(({ name }) => name).sort()).toEqual(Object.keys(VERDICTS).sort())
  })

  test.each(errors)('$name ($status)', ({ name, status, bytes }) => {
    const error = readErrorBody(new TextDecoder().decode(bytes), status)
    const [reason, blame] = VERDICTS[name] ?? []
    expect(classify({ kind: 'status', status, error }, redact)).toMatchObject({ reason, blame })
  })
})
