import { describe, expect, test } from 'vitest'
import { readFinish } from '../../src/huggingface/finish-reason.ts'

describe('a finish reason', () => {
  test.each([
    ...['null', 'none', 'None', 'NULL', '', ' ', '\n', 'in_progress', 'IN PROGRESS', 'in-progress', 'inProgress'],
    ...['unspecified', 'FINISH_REASON_UNSPECIFIED', 'not_finished', 'pending', 'generating', 'undefined', 'nil', 'N/A'],
    ...[null, undefined, false, 0, 1, {}, ['stop']],
  ])('%j says that the choice goes on', (value) => {
    expect(readFinish(value, false)).toBeUndefined()
  })

  test.each([
    ...[
      'error',
      'ERROR',
      'network_error',
      'server_error',
      'internal_server_error',
      'failed',
      'failure',
      'abort',
      'ABORT',
    ],
    ...['aborted', 'canceled', 'cancelled', 'CANCELLED', 'user_cancelled', 'timeout', 'timed_out', 'interrupted'],
    ...['insufficient_system_resource', 'malformed_function_call', 'MALFORMED_FUNCTION_CALL', 'unexpected_tool_call'],
    ...['engine_overloaded', 'disconnected', 'out_of_memory', 'oom', 'deadline_exceeded', 'invalid_tool_call'],
  ])('%s says that generation was broken off', (value) => {
    expect(readFinish(value, true)).toEqual({ kind: 'broken' })
  })

  test.each<[value: string, hasCalls: boolean, reason: string, isProof: boolean]>([
    ['stop', false, 'stop', true],
    ['stop', true, 'stop', true],
    ['length', false, 'length', true],
    ['tool_calls', true, 'tool_calls', true],
    ['content_filter', false, 'content_filter', true],
    ['function_call', false, 'function_call', true],
    ['eos_token', false, 'stop', true],
    ['eos_token', true, 'tool_calls', true],
    ['eos', false, 'stop', true],
    ['<|eot_id|>', false, 'stop', true],
    ['end_turn', false, 'stop', true],
    ['stop_sequence', false, 'stop', true],
    ['STOP', false, 'stop', true],
    ['COMPLETE', false, 'stop', true],
    ['max_tokens', false, 'length', true],
    ['MAX_TOKENS', false, 'length', true],
    ['model_length', false, 'length', true],
    ['tool_use', true, 'tool_calls', true],
    ['toolCalls', true, 'tool_calls', true],
    ['SAFETY', false, 'content_filter', true],
    ['refusal', false, 'content_filter', true],
    ['sensitive', false, 'content_filter', true],
    ['enough', false, 'stop', false],
    ['enough', true, 'tool_calls', false],
    ['完成', false, 'stop', false],
    ['token_budget_limit', false, 'length', false],
    ['blocked_by_policy', false, 'content_filter', false],
    ['calls_tools', true, 'tool_calls', false],
  ])('%s (with calls: %s) is told as %s, and is proof of an end: %s', (value, hasCalls, reason, isProof) => {
    expect(readFinish(value, hasCalls)).toEqual({ kind: 'finished', reason, isProof })
  })
})
