import { currentConfig } from '../../gateway/config/edit-config.ts'
import type { RequestContext } from '../../gateway/context.ts'
import { type App, type AppDeps, refuseOtherMethods, waitUntilOf } from '../deps.ts'

const PATH = '/health'

/** Whether the deployment can serve, and what it serves from. */
export type Health = {
  readonly status: 'ok' | 'degraded' | 'not_configured'
  /** One sentence for each setting that is missing or bad. */
  readonly settings: readonly string[]
  readonly config: { readonly source: string; readonly problem?: string }
  readonly catalog:
    | { readonly source: 'router'; readonly models: number; readonly ageMs: number }
    | { readonly source: 'not_read_yet' }
}

/** `GET /health`, without a key. */
export function serveHealth(app: App, deps: AppDeps): void {
  app.get(PATH, async (c) =>
    Response.json(await reportHealth(deps, { waitUntil: waitUntilOf(c) }), {
      headers: { 'cache-control': 'no-store' },
    }),
  )
  refuseOtherMethods(app, PATH, ['GET'])
}

/**
 * Names settings that are missing, never a value; of a broken configuration it says that it is broken, not what stands in
 * it.
 */
export async function reportHealth(
  { settingProblems, config, catalog, clock }: AppDeps,
  ctx: Pick<RequestContext, 'waitUntil'>,
): Promise<Health> {
  const state = await currentConfig(config, ctx)
  const stored = catalog.memory.stored
  return {
    status: settingProblems.length > 0 ? 'not_configured' : state.problem ? 'degraded' : 'ok',
    settings: settingProblems,
    config: { source: state.source, ...(state.problem && { problem: describeProblem(state.problem) }) },
    catalog: stored
      ? { source: 'router', models: stored.models.length, ageMs: clock.now() - stored.fetchedAt }
      : { source: 'not_read_yet' },
  }
}

function describeProblem(problem: string): string {
  return problem.startsWith('KV did not answer')
    ? 'KV did not answer; the copy in memory is used.'
    : 'The document in KV is broken and not used. GET /admin/config says why.'
}
