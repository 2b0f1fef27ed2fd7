import type { App, AppDeps } from './deps.ts'
import { pathOf } from './paths.ts'
import { createV1App } from './v1/app.ts'

export type Serve = (request: Request, executionCtx: ExecutionContext) => Response | Promise<Response>

/**
 * Serves every request. Code that a chat completion does not need (schemas, the admin's verbs, the other surfaces) is
 * evaluated when somebody first asks for it: an isolate starts before each first request, and pays for what it loads.
 */
export function createApp(deps: AppDeps): Serve {
  const v1 = createV1App(deps)
  const agents = lazily(async () => (await import('./v1/agents-app.ts')).createAgentsApp(deps))
  const admin = lazily(async () => (await import('./admin/app.ts')).createAdminApp(deps))
  return async (request, executionCtx) => {
    const path = pathOf(request)
    const app = AGENTS.test(path) ? await agents() : ADMIN.test(path) ? await admin() : v1
    return app.fetch(request, {}, executionCtx)
  }
}

const AGENTS = /^\/v1\/(?:responses|messages)(?:\/|$)/
const ADMIN = /^\/(?:$|admin(?:\/|$)|metrics$|openapi\.json$|schema\/|v1\/(?:route|key)(?:\/|$))/

/** Makes an app once. Two requests that come first together make one each, and the second is kept: no one waits for another's. */
function lazily(make: () => Promise<App>): () => Promise<App> {
  let made: App | undefined
  return async () => {
    made ??= await make()
    return made
  }
}
