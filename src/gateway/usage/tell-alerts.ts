import type { BudgetAlert } from '../../core/limits/exchange.ts'
import { formatUsd, toUsd } from '../../core/limits/money.ts'
import type { Log } from '../../core/log.ts'
import { type PostDeps, postJson } from '../../telemetry/post-json.ts'

export type AlertDeps = PostDeps & {
  readonly log: Log
  /** A secret: whoever has it may post there. */
  readonly alertsUrl: string | undefined
}

const POST_LIMIT_MS = 5_000

/** Tells that budgets crossed a threshold: one log line each, and a post that Slack and its like take. Never throws. */
export async function tellAlerts(deps: AlertDeps, project: string, alerts: readonly BudgetAlert[]): Promise<void> {
  for (const alert of alerts) {
    deps.log('budget_alert', { project, ...alert })
    if (deps.alertsUrl === undefined) continue
    const body = { text: describe(project, alert), project, ...alert }
    const failure = await postJson(deps, { url: deps.alertsUrl, limitMs: POST_LIMIT_MS }, body)
    if (failure === undefined) continue
    deps.log('alert_not_sent', { project, scope: alert.scope, percent: alert.percent, reason: failure })
  }
}

function describe(project: string, { scope, percent, spentNanoUsd, limitNanoUsd, resetsAt }: BudgetAlert): string {
  const whose =
    scope === 'project' ? `the project "${project}"` : `the key ${scope.slice('key:'.length)} of "${project}"`
  const amount = `${formatUsd(toUsd(spentNanoUsd))} of ${formatUsd(toUsd(limitNanoUsd))}`
  const until = resetsAt === undefined ? 'it does not reset' : `it resets at ${new Date(resetsAt).toISOString()}`
  const how = percent === 100 ? 'used up' : `past ${percent} %`
  return `hugway: the budget of ${whose} is ${how} (${amount}); ${until}.`
}
