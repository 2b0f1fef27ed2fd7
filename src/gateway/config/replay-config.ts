import { buildCatalog } from '../../core/catalog/catalog.ts'
import { type Config, parseConfig } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import type { BookedRequest } from '../../core/limits/ledger-report.ts'
import { type PastRequest, type ReplayReport, replayRequests } from '../../core/routing/replay.ts'
import type { RequestContext } from '../context.ts'
import type { RouteDeps } from '../route-completion.ts'
import { askProjects, type UsageDeps } from '../usage/report-usage.ts'

export type ReplayDeps = { readonly route: Pick<RouteDeps, 'currentModels'>; readonly usage: UsageDeps }

/**
 * Tells what a draft would change for the latest requests of the ledgers: which would go elsewhere, which would be refused,
 * how much more they would cost. Nothing is written and nobody asked.
 *
 * @param last As many requests, the latest of all projects.
 * @throws {GatewayError} `bad_config`
 */
export async function replayConfig(
  { route, usage }: ReplayDeps,
  text: string,
  last: number,
  ctx: RequestContext,
): Promise<ReplayReport> {
  const parsed = parseConfig(text)
  if (!parsed.ok) throw new GatewayError({ kind: 'bad_config', problems: parsed.error })
  const models = await route.currentModels(ctx)
  const side = (config: Config) => ({ config, offersOf: buildCatalog(models, config).offersOf })
  const reports = await askProjects(usage, ctx.config, undefined, { kind: 'requests', limit: last })
  const past = reports
    .flatMap(({ id, report }) => (report?.requests ?? []).map((booked) => ({ booked, project: id })))
    .sort((a, b) => b.booked.startedAt - a.booked.startedAt)
    .slice(0, last)
    .flatMap(({ booked, project }) => toPast(booked, project))
  return replayRequests(past, side(ctx.config), side(parsed.value.config))
}

/** What older code booked has no shape, and what was refused unread has none either. */
function toPast(booked: BookedRequest, project: string): readonly PastRequest[] {
  const { shape, askedModel, hasUsage, promptTokens, completionTokens, rehearsed } = booked
  if (!shape || rehearsed !== undefined) return []
  const usage = hasUsage ? { promptTokens, completionTokens } : undefined
  return [{ askedModel: askedModel ?? undefined, project, shape, usage }]
}
