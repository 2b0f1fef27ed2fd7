import { compose } from './compose.ts'
import { refreshCatalog } from './gateway/catalog/refresh-catalog.ts'
import { foldReports } from './gateway/share-trust.ts'
import { createApp, type Serve } from './http/app.ts'
import type { AppDeps } from './http/deps.ts'
import { platform } from './platform.ts'
import type { Env } from './settings.ts'

export { ProjectLedger } from './objects/project-ledger.ts'

/** An isolate has one `env`; the app is made once for it, not once a request. */
const apps = new WeakMap<Env, { readonly deps: AppDeps; readonly serve: Serve }>()

function appOf(env: Env): { readonly deps: AppDeps; readonly serve: Serve } {
  const known = apps.get(env)
  if (known) return known
  const deps = compose(env, platform)
  const made = { deps, serve: createApp(deps) }
  apps.set(env, made)
  return made
}

export default {
  fetch: (request, env, ctx) => appOf(env).serve(request, ctx),
  /**
   * Keeps the catalog fresh, so that no caller waits for the router, the last good configuration at hand, and what isolates
   * learnt of streams and of providers where each of them finds it.
   */
  async scheduled(_event, env) {
    const { deps } = appOf(env)
    deps.requireSettings('HUGWAY_KV', 'HF_BASE_URL')
    await Promise.all([
      refreshCatalog(deps.catalog),
      deps.config.store.keepLastGood(),
      foldReports(deps.complete),
      deps.foldTraffic(),
    ])
  },
} satisfies ExportedHandler<Env>
