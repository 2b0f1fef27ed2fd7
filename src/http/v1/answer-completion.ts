import type { Context } from 'hono'
import { complete } from '../../gateway/complete.ts'
import type { SurfaceWire } from '../../wire/surface.ts'
import { toResponse } from '../completion-response.ts'
import { type AppDeps, type AppEnv, contextOf, sessionHeaderOf } from '../deps.ts'
import { bodyOf } from '../read-body.ts'

/** Answers a request to a completion route, whichever surface it speaks; `toErrorBody` is that surface's envelope. */
export async function answerCompletion(
  c: Context<AppEnv>,
  deps: AppDeps,
  wire: SurfaceWire,
  toErrorBody?: (thrown: unknown) => unknown,
): Promise<Response> {
  const request = {
    wire,
    body: bodyOf(c.req.raw, deps),
    fallback: c.req.header('x-hugway-fallback'),
    session: sessionHeaderOf(c),
    runsOnce: c.req.header('idempotency-key') !== undefined,
  }
  const completion = complete(deps.complete, request, contextOf(c))
  // When the client leaves before the answer the runtime drops this handler, and with it what is still to be booked.
  c.executionCtx.waitUntil(completion)
  return toResponse(await completion, c.var.requestId, toErrorBody, wire.quotaStatus)
}
