import { createMiddleware } from 'hono/factory'
import { type AppDeps, type AppEnv, waitUntilOf } from '../deps.ts'
import { addAnswerHeaders, enterClient, enterConfigured, openEntry } from './entry.ts'
import { answerPreflight, originHeaders } from './origins.ts'

/** Opens the entry of each request, and gives its answer what the entry says. */
export function identify(deps: AppDeps) {
  return createMiddleware<AppEnv>(async function identify(c, next) {
    const entry = openEntry(c.req.raw, deps)
    c.set('entry', entry)
    await next()
    addAnswerHeaders(c.res.headers, entry)
  })
}

/** Reads the configuration that a request goes by. */
export function useConfig(deps: AppDeps) {
  return createMiddleware<AppEnv>(async function useConfig(c, next) {
    const { config, version } = await enterConfigured(c.var.entry, deps, waitUntilOf(c.executionCtx))
    c.set('config', config)
    c.set('configVersion', version)
    await next()
  })
}

/** Lets clients in, and answers browsers that ask before they call. */
export function admitClients(deps: AppDeps) {
  return createMiddleware<AppEnv>(async function admitClients(c, next) {
    const [request, { entry }, waitUntil] = [c.req.raw, c.var, waitUntilOf(c.executionCtx)]
    if (request.method === 'OPTIONS') {
      const { config } = await enterConfigured(entry, deps, waitUntil)
      const answer = answerPreflight(request, config.corsOrigins)
      if (answer) {
        Object.assign(entry.answerHeaders, originHeaders(request, config.corsOrigins))
        return answer
      }
    }
    const { config, configVersion, caller } = await enterClient(entry, request, deps, waitUntil)
    c.set('config', config)
    c.set('configVersion', configVersion)
    c.set('caller', caller)
    return next()
  })
}
