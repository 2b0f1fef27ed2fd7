import { complete } from '../../gateway/complete.ts'
import type { Completion } from '../../gateway/completion.ts'
import type { RequestContext } from '../../gateway/context.ts'
import { type CompletionSurface, toResponse } from '../completion-response.ts'
import { type App, type AppDeps, logBug, sessionHeaderOf, waitUntilOf } from '../deps.ts'
import type { Entry } from '../entry/context.ts'
import { enterClient, openEntry } from '../entry/entry.ts'
import { bodyOf } from '../read-body.ts'

export type ServePath = (request: Request, executionCtx: ExecutionContext, path: string) => Response | Promise<Response>

/**
 * Serves `POST` to completion routes, and by `app` whatever else is asked for. Completions are not dispatched by Hono: their
 * headers are set once, and nothing is kept in a context that nobody reads, a tenth of the CPU of a short answer.
 */
export function withCompletions(app: App, deps: AppDeps, surfaces: readonly CompletionSurface[]): ServePath {
  const surfaceAt = new Map(surfaces.map((surface) => [surface.path, surface]))
  return (request, executionCtx, path) => {
    const surface = request.method === 'POST' ? surfaceAt.get(path) : undefined
    return surface ? serveCompletion(deps, surface, request, executionCtx) : app.fetch(request, {}, executionCtx)
  }
}

async function serveCompletion(
  deps: AppDeps,
  surface: CompletionSurface,
  request: Request,
  executionCtx: ExecutionContext,
): Promise<Response> {
  const entry = openEntry(request, deps)
  return toResponse(await answer(deps, surface, request, entry, waitUntilOf(executionCtx)), entry, surface)
}

async function answer(
  deps: AppDeps,
  { wire }: CompletionSurface,
  request: Request,
  entry: Entry,
  waitUntil: RequestContext['waitUntil'],
): Promise<Completion> {
  try {
    const ctx = await enterClient(entry, request, deps, waitUntil)
    const { headers } = request
    const completion = complete(
      deps.complete,
      {
        wire,
        body: bodyOf(request, deps),
        fallback: headers.get('x-hugway-fallback') ?? undefined,
        session: sessionHeaderOf(request),
        runsOnce: headers.has('idempotency-key'),
      },
      ctx,
    )
    // When the client leaves before the answer the runtime drops this handler, and with it what is still to be booked.
    const { signal } = request
    const finish = () => waitUntil(completion)
    if (signal.aborted) finish()
    else signal.addEventListener('abort', finish, { once: true })
    const completed = await completion
    signal.removeEventListener('abort', finish) // the runtime holds it, and what it holds, until a full collection
    return completed
  } catch (error) {
    logBug(deps, entry, error)
    return { kind: 'failed', error }
  }
}
