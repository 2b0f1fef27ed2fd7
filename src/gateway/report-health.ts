import type { Clock } from '../core/clock.ts'
import type { UpstreamKind } from '../core/router-facts.ts'
import type { CatalogMemory } from '../kv/catalog-store.ts'
import type { LedgerClient } from '../objects/ledger-client.ts'
import { type ConfigDeps, currentConfig } from './config/edit-config.ts'
import type { RequestContext } from './context.ts'

export type HealthDeps = {
  readonly settingProblems: readonly string[]
  readonly upstream: UpstreamKind
  readonly config: ConfigDeps
  readonly catalog: { readonly memory: CatalogMemory }
  readonly clock: Clock
  readonly usage: { readonly client: Pick<LedgerClient, 'isBound' | 'health'> }
}

/** Whether the deployment can serve, and what it serves from. */
export type Health = {
  readonly status: 'ok' | 'degraded' | 'not_configured'
  /** One sentence for each setting that is missing or bad. */
  readonly settings: readonly string[]
  /** Who answers: nobody should take a simulator's answers for a model's. */
  readonly upstream: UpstreamKind
  readonly config: { readonly source: string; readonly problem?: string }
  readonly catalog:
    | { readonly source: 'router'; readonly models: number; readonly ageMs: number }
    | { readonly source: 'not_read_yet' }
  /** `not_bound`: there is nobody to hold limits. `not_answering`: as of this isolate's last call of it. */
  readonly ledger: 'ok' | 'not_bound' | 'not_answering'
}

/** KV did not say and no copy stands in: everything but this route answers 503 with `retry-after`. */
const UNREADABLE = { source: 'unknown', problem: 'KV did not answer' }

/**
 * Names settings that are missing, never a value; of a broken configuration it says that it is broken, not what stands in
 * it.
 */
export async function reportHealth(
  { settingProblems, upstream, config, catalog, clock, usage }: HealthDeps,
  ctx: Pick<RequestContext, 'waitUntil'>,
): Promise<Health> {
  const state = await currentConfig(config, ctx).catch(() => UNREADABLE)
  const stored = catalog.memory.stored
  return {
    status: settingProblems.length > 0 ? 'not_configured' : state.problem ? 'degraded' : 'ok',
    settings: settingProblems,
    upstream,
    config: { source: state.source, ...(state.problem && { problem: describeProblem(state.problem) }) },
    catalog: stored
      ? { source: 'router', models: stored.models.length, ageMs: clock.now() - stored.fetchedAt }
      : { source: 'not_read_yet' },
    ledger: ledgerOf(usage.client),
  }
}

function ledgerOf({ isBound, health }: HealthDeps['usage']['client']): Health['ledger'] {
  if (!isBound) return 'not_bound'
  return (health.failedAt ?? 0) > (health.answeredAt ?? 0) ? 'not_answering' : 'ok'
}

function describeProblem(problem: string): string {
  return problem.startsWith('KV did not answer')
    ? 'KV did not answer; the copy in memory is used, where there is one.'
    : 'The document in KV is broken and not used. GET /admin/config says why.'
}
