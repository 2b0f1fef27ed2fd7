import { createMiddleware } from 'hono/factory'
import { currentConfig } from '../../gateway/edit-config.ts'
import { type AppEnv, type AppTools, CONFIG_HEADER, laterOf } from '../tools.ts'

/** Names the configuration that a request goes by in its answer, whatever the answer is. */
export function nameConfig({ config, requireSettings }: AppTools) {
  return createMiddleware<AppEnv>(async function nameConfig(c, next) {
    requireSettings('HUGWAY_KV')
    const { version } = await currentConfig(config, laterOf(c))
    await next()
    // A write names the version that it made.
    if (!c.res.headers.has(CONFIG_HEADER)) c.res.headers.set(CONFIG_HEADER, version)
  })
}
