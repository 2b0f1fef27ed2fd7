import type { Completion } from '../gateway/completion.ts'
import type { SurfaceWire } from '../wire/surface.ts'
import type { Entry } from './entry/context.ts'
import { addAnswerHeaders } from './entry/entry.ts'
import { toErrorResponse } from './error-response.ts'

/** What clients of a completion route speak, and what its answers say besides. */
export type CompletionSurface = {
  readonly path: string
  readonly wire: SurfaceWire
  /** The envelope of its errors; OpenAI's chat unless given. */
  readonly toErrorBody?: (thrown: unknown, requestId: string) => unknown
  readonly addHeaders?: (headers: Headers, requestId: string) => void
}

/** Makes the response of a completion, whichever surface it is for. */
export function toResponse(completion: Completion, entry: Entry, surface: CompletionSurface): Response {
  const response = responseOf(completion, entry, surface)
  surface.addHeaders?.(response.headers, entry.requestId)
  return response
}

function responseOf(completion: Completion, entry: Entry, { wire, toErrorBody }: CompletionSurface): Response {
  switch (completion.kind) {
    case 'whole':
      return new Response(completion.text, {
        headers: { 'content-type': 'application/json', ...entry.answerHeaders, ...completion.headers },
      })
    case 'stream':
      return new Response(completion.readable, {
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
          ...entry.answerHeaders,
          ...completion.headers,
        },
      })
    case 'failed': {
      const toBody = toErrorBody && ((thrown: unknown) => toErrorBody(thrown, entry.requestId))
      const response = toErrorResponse(completion.error, entry.requestId, toBody, wire.quotaStatus)
      addAnswerHeaders(response.headers, entry)
      return response
    }
  }
}
