import type { AppDeps } from './deps.ts'
import { pathOf } from './paths.ts'
import { createV1App } from './v1/app.ts'
import { chatSurface } from './v1/chat.ts'
import { type ServePath, withCompletions } from './v1/completion-route.ts'

export type Serve = (request: Request, executionCtx: ExecutionContext) => Promise<Response>

/**
 * Serves every request. Code that a chat completion does not need (schemas, the admin's verbs, the other surfaces) is
 * evaluated when somebody first asks for it: an isolate starts before each first request, and pays for what it loads.
 */
export function createApp(deps: AppDeps): Serve {
  const v1 = withCompletions(createV1App(deps), deps, [chatSurface])
  const agents = lazily(async () => (await import('./v1/agents-app.ts')).createAgents(deps))
  const admin = lazily(async () => withCompletions((await import('./admin/app.ts')).createAdminApp(deps), deps, []))
  return async (request, executionCtx) => {
    const path = pathOf(request)
    const serve = AGENTS.test(path) ? await agents() : ADMIN.test(path) ? await admin() : v1
    return serve(request, executionCtx, path)
  }
}

const AGENTS = /^\/v1\/(?:responses|messages)(?:\/|$)/
const ADMIN = /^\/(?:$|admin(?:\/|$)|metrics$|openapi\.json$|schema\/|v1\/(?:route|key)(?:\/|$))/

/** Makes a part of the app once. Two requests that come first together make one each, and the second is kept: no one waits for another's. */
function lazily(make: () => Promise<ServePath>): () => Promise<ServePath> {
  let made: ServePath | undefined
  return async () => {
    made ??= await make()
    return made
  }
}
