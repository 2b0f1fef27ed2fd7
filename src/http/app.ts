import { once } from '../core/once.ts'
import { createAdminApp } from './admin/app.ts'
import type { AppDeps } from './deps.ts'
import { pathOf } from './paths.ts'
import { createAgents } from './v1/agents-app.ts'
import { createV1App } from './v1/app.ts'
import { chatSurface } from './v1/chat.ts'
import { withCompletions } from './v1/completion-route.ts'

export type Serve = (request: Request, executionCtx: ExecutionContext) => Response | Promise<Response>

/**
 * Serves every request. What a chat completion does not need (the admin's routes, the other surfaces) is made when somebody
 * first asks for it. It is no `import()`: that would put each module that it shares with a chat into a function, which V8
 * reads once at the start and once more when it runs; and workerd compiles all modules of a Worker at the start anyway.
 */
export function createApp(deps: AppDeps): Serve {
  const v1 = withCompletions(createV1App(deps), deps, [chatSurface])
  const agents = once(() => createAgents(deps))
  const admin = once(() => createAdminApp(deps))
  return (request, executionCtx) => {
    const path = pathOf(request)
    if (AGENTS.test(path)) return agents()(request, executionCtx, path)
    if (ADMIN.test(path)) return admin().fetch(request, {}, executionCtx)
    return v1(request, executionCtx, path)
  }
}

const AGENTS = /^\/v1\/(?:responses|messages)(?:\/|$)/
const ADMIN = /^\/(?:$|admin(?:\/|$)|metrics$|openapi\.json$|schema\/|v1\/(?:route|key)(?:\/|$))/
