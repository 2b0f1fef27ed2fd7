import type { Config } from '../../core/config/config.ts'
import type { BookedRequest } from '../../core/limits/ledger-report.ts'
import { type SeenCompletion, sightingsOf } from '../../core/routing/sightings.ts'
import { learn, type Traffic } from '../../core/routing/traffic.ts'
import type { TrafficStore } from '../../kv/traffic-store.ts'
import { askProjects, type UsageDeps } from './report-usage.ts'

export type FoldDeps = { readonly usage: UsageDeps; readonly store: TrafficStore }

/** As many of a project's latest completions as an isolate can learn from in some milliseconds. */
const MOST_COMPLETIONS = 1_000
/** Providers of models; the least used are left out. */
const MOST_OFFERS = 500

/**
 * Learns from the ledgers' latest completions, as each isolate does from its own, and keeps the outcome in KV, where every
 * isolate finds it. Begins anew each time, so nothing is counted twice.
 */
export async function foldTraffic({ usage, store }: FoldDeps, config: Config): Promise<void> {
  if (!usage.client.isBound) return
  const reports = await askProjects(usage, config, undefined, { kind: 'requests', limit: MOST_COMPLETIONS })
  const folded = foldRequests(reports.flatMap(({ report }) => report?.requests ?? []))
  if (folded.size > 0) await store.write(folded)
}

/** What these completions teach, in the order in which they came. */
export function foldRequests(requests: readonly BookedRequest[]): ReadonlyMap<string, Traffic> {
  const entries = new Map<string, Traffic>()
  for (const request of requests.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const endedAt = request.startedAt + request.durationMs
    for (const { offer, sighting } of sightingsOf(toSeen(request))) {
      entries.set(offer, learn(entries.get(offer), sighting, endedAt))
    }
  }
  const most = [...entries].sort(([, a], [, b]) => b.attempts - a.attempts).slice(0, MOST_OFFERS)
  return new Map(most)
}

function toSeen(request: BookedRequest): SeenCompletion {
  const { promptTokens, completionTokens, hasUsage, model, provider, firstTokenMs, shape, ...facts } = request
  return {
    ...facts,
    target: model ?? undefined,
    provider: provider ?? undefined,
    firstTokenMs: firstTokenMs ?? undefined,
    usage: hasUsage ? { promptTokens, completionTokens } : undefined,
    shape: shape ?? undefined,
    failedAttempts: JSON.parse(request.failedAttempts),
  }
}
