import { useEffect } from 'preact/hooks'
import type { ProjectReport } from '../../wire/admin/usage.ts'
import { call } from '../api.ts'
import { Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { DriftReport, HealthReport, TargetReport } from '../shapes.ts'

const EVERY_MODEL = 'no provider serves it now'
const BROKEN: Readonly<Record<string, string>> = {
  gone: 'the router does not list it any more',
  no_live_provider: EVERY_MODEL,
  provider_gone: 'the provider that it names does not serve it any more',
}

/**
 * What is wrong now, each with what to do; or that nothing is.
 *
 * @param turn Looks again whenever it grows.
 */
export function Wrong({ projects, turn }: { projects: readonly ProjectReport[]; turn: number }) {
  const health = useLoad('health', (signal) => call<HealthReport>('/health', { signal }))
  const targets = useLoad('targets', (signal) => call<{ targets: TargetReport[] }>('/admin/targets', { signal }))
  const drift = useLoad('drift', (signal) => call<DriftReport>('/admin/catalog/drift', { signal }))
  const others = [targets, drift]
  const reloads = [health.reload, targets.reload, drift.reload]
  useEffect(() => {
    if (turn > 0) for (const reload of reloads) reload()
  }, [turn, ...reloads])
  return (
    <Loaded load={health} what="the state">
      {(report) => {
        const wrong = [
          // What is not known must not read as if all were well.
          ...others.flatMap(({ failure }) =>
            failure ? [`Not everything could be looked at: ${failure.message}`] : [],
          ),
          ...report.settings,
          ...(report.config.problem ? [report.config.problem] : []),
          ...projects
            .filter(({ ledger }) => !ledger)
            .map(
              ({ id }) =>
                `The ledger of the project ${id} does not answer: its usage is missing below, and its keys with a budget are refused.`,
            ),
          ...(targets.data?.targets ?? []).filter(({ state }) => state !== 'closed').map(describeTarget),
          ...(drift.data?.configuration ?? []).map(
            ({ ref, usedAs, problem }) =>
              `${ref} (${usedAs.join(', ')}): ${BROKEN[problem] ?? problem}. Change it in the configuration.`,
          ),
        ]
        if (wrong.length === 0 && others.some(({ data }) => data === undefined))
          return <p class="wait">Loading the state …</p>
        if (wrong.length === 0) return <p class="good">Nothing is wrong now.</p>
        return (
          <section class="note bad" aria-label="What is wrong now">
            <p>Wrong now:</p>
            <ul>
              {[...new Set(wrong)].map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        )
      }}
    </Loaded>
  )
}

function describeTarget({ target, state, lastReason }: TargetReport): string {
  const why = lastReason ? ` after ${lastReason.replaceAll('_', ' ')}` : ''
  return state === 'open'
    ? `${target} is passed over${why}; it is tried again by itself.`
    : `${target} is being tried again${why}.`
}
