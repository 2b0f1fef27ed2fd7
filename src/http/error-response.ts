import { toErrorBody } from '../wire/chat/error.ts'
import { describeThrown } from '../wire/failure-words.ts'

/**
 * The only place where a failure becomes a response.
 *
 * `x-should-retry: false` stops the official SDKs from repeating what the gateway has already repeated.
 *
 * @param toBody The surface's envelope; OpenAI's chat unless another is given.
 */
export function toErrorResponse(
  thrown: unknown,
  requestId: string,
  toBody: (thrown: unknown) => unknown = toErrorBody,
): Response {
  const { status, headers } = describeThrown(thrown)
  return Response.json(toBody(thrown), {
    status,
    headers: { 'x-request-id': requestId, 'x-should-retry': 'false', ...headers },
  })
}
