import type { Config } from '../../core/config/config.ts'
import type { BookedRequest, LedgerQuery } from '../../core/limits/ledger-report.ts'
import type { UsageRequest, UsageRequestPage } from '../../wire/admin/usage.ts'
import { askProjects, keyNames, type UsageDeps } from './report-usage.ts'

export type RequestsQuestion = {
  readonly limit: number
  readonly project?: string | undefined
  readonly keyId?: string | undefined
  readonly model?: string | undefined
  readonly end?: string | undefined
  readonly before?: { readonly at: number; readonly id: string } | undefined
}

/** The latest completions that are kept, newest first, over the projects that there are. */
export async function listRequests(
  deps: UsageDeps,
  config: Config,
  { limit, project, keyId, model, end, before }: RequestsQuestion,
): Promise<UsageRequestPage> {
  const query: LedgerQuery = {
    kind: 'requests',
    limit: limit + 1, // whether there is another page
    ...(keyId !== undefined && { keyId }),
    ...(model !== undefined && { model }),
    ...(end !== undefined && { end }),
    ...(before && { before }),
  }
  const [reports, names] = await Promise.all([askProjects(deps, config, project, query), keyNames(deps)])
  const all = reports
    .flatMap(({ id, report }) => (report?.requests ?? []).map((booked) => toRequest(booked, id, names)))
    .sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id))
  const requests = all.slice(0, limit)
  const last = requests.at(-1)
  return {
    requests,
    next: all.length > limit && last ? `${Date.parse(last.at)}.${last.id}` : null,
    unavailable: reports.filter(({ report }) => !report).map(({ id }) => id),
  }
}

function toRequest(booked: BookedRequest, project: string, names: ReadonlyMap<string, string>): UsageRequest {
  const { startedAt, keyId, isEstimated, failedAttempts, hasUsage } = booked
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens, ...rest } = booked
  const { startedAt: _at, keyId: _key, isEstimated: _estimated, hasUsage: _has, ...facts } = rest
  const keyName = names.get(keyId)
  return {
    ...facts,
    at: new Date(startedAt).toISOString(),
    project,
    key: keyId,
    ...(keyName !== undefined && { keyName }),
    failedAttempts: JSON.parse(failedAttempts),
    usage: hasUsage ? { promptTokens, completionTokens, cachedTokens, reasoningTokens } : null,
    estimated: isEstimated,
  }
}
