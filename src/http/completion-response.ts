import type { Completion } from '../gateway/completion.ts'
import { toErrorResponse } from './error-response.ts'

/** Makes the response of a completion, whichever surface it is for; `toErrorBody` is that surface's envelope. */
export function toResponse(
  completion: Completion,
  requestId: string,
  toErrorBody?: (thrown: unknown) => unknown,
  quotaStatus?: number,
): Response {
  switch (completion.kind) {
    case 'whole':
      return new Response(completion.text, { headers: { 'content-type': 'application/json', ...completion.headers } })
    case 'stream':
      return new Response(completion.readable, {
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
          ...completion.headers,
        },
      })
    case 'failed':
      return toErrorResponse(completion.error, requestId, toErrorBody, quotaStatus)
  }
}
