import { currentConfig } from '../../gateway/config/edit-config.ts'
import { type App, type AppDeps, laterOf, refuseOtherMethods } from '../deps.ts'

const PATH = '/health'

/**
 * `GET /health`, without a key: whether the deployment can serve, and what it serves from. Names settings that are
 * missing, never a value; of a broken configuration it says that it is broken, not what stands in it.
 */
export function serveHealth(app: App, { settingProblems, config, catalog, clock }: AppDeps): void {
  app.get(PATH, async (c) => {
    const state = await currentConfig(config, laterOf(c))
    const stored = catalog.memory.stored
    const status = settingProblems.length > 0 ? 'not_configured' : state.problem ? 'degraded' : 'ok'
    const body = {
      status,
      settings: settingProblems,
      config: {
        source: state.source,
        ...(state.problem && { problem: describeProblem(state.problem) }),
      },
      catalog: stored
        ? { source: 'router', models: stored.models.length, ageMs: clock.now() - stored.fetchedAt }
        : { source: 'not_read_yet' },
    }
    return Response.json(body, { headers: { 'cache-control': 'no-store' } })
  })
  refuseOtherMethods(app, PATH, ['GET'])
}

function describeProblem(problem: string): string {
  return problem.startsWith('KV did not answer')
    ? 'KV did not answer; the copy in memory is used.'
    : 'The document in KV is broken and not used. GET /admin/config says why.'
}
