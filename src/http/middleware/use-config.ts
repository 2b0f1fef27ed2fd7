import { createMiddleware } from 'hono/factory'
import { currentConfig } from '../../gateway/config/edit-config.ts'
import { type AppDeps, type AppEnv, CONFIG_HEADER, waitUntilOf } from '../deps.ts'

/** Reads the configuration that a request goes by, once, and names it in its answer, whatever the answer is. */
export function useConfig({ config, requireSettings }: AppDeps) {
  return createMiddleware<AppEnv>(async function useConfig(c, next) {
    requireSettings('HUGWAY_KV')
    const state = await currentConfig(config, { waitUntil: waitUntilOf(c) })
    c.set('config', state.config)
    c.set('configVersion', state.version)
    await next()
    // A write names the version that it made.
    if (!c.res.headers.has(CONFIG_HEADER)) c.res.headers.set(CONFIG_HEADER, state.version)
  })
}
