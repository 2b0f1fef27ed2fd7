import { toErrorBody } from '../wire/chat/error.ts'
import { describeThrown } from '../wire/failure-words.ts'

/**
 * The only place where a failure becomes a response.
 *
 * `x-should-retry: false` stops the official SDKs from repeating what the gateway has already repeated.
 *
 * @param toBody The surface's envelope; OpenAI's chat unless another is given.
 * @param quotaStatus The surface's status of a budget that is spent; 402 unless another is given.
 */
export function toErrorResponse(
  thrown: unknown,
  requestId: string,
  toBody: (thrown: unknown) => unknown = toErrorBody,
  quotaStatus?: number,
): Response {
  const { status, code, headers } = describeThrown(thrown)
  return Response.json(toBody(thrown), {
    status: code === 'insufficient_quota' ? (quotaStatus ?? status) : status,
    headers: { 'x-request-id': requestId, 'x-should-retry': 'false', ...headers },
  })
}
