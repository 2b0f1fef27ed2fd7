import type { CompletionRecord } from '../../../../src/core/completion-record.ts'
import { DEPLOYMENT_CALLER } from '../../../../src/core/identity/caller.ts'

/** A streamed chat that the first attempt at `a/b` answered, by Groq, unless told otherwise. */
export function recordOf(more: Partial<CompletionRecord> = {}): CompletionRecord {
  return {
    id: 'r',
    requestId: 'r',
    startedAt: 0,
    surface: 'chat',
    caller: DEPLOYMENT_CALLER,
    stream: true,
    held: false,
    target: 'huggingface/a/b',
    provider: 'groq',
    attempts: 1,
    failedAttempts: [],
    end: 'whole',
    firstTokenMs: 200,
    durationMs: 1_200,
    usage: { promptTokens: 5, completionTokens: 100 },
    configVersion: 'x',
    ...more,
  }
}
