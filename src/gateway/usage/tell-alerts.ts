import { type Clock, TIMED_OUT, within } from '../../core/clock.ts'
import type { BudgetAlert } from '../../core/limits/exchange.ts'
import { toUsd } from '../../core/limits/money.ts'
import type { Log } from '../../core/log.ts'

export type AlertDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** A secret: whoever has it may post there. */
  readonly alertsUrl: string | undefined
}

const POST_LIMIT_MS = 5_000

/** Tells that budgets crossed a threshold: one log line each, and a post that Slack and its like take. Never throws. */
export async function tellAlerts(deps: AlertDeps, project: string, alerts: readonly BudgetAlert[]): Promise<void> {
  for (const alert of alerts) {
    deps.log('budget_alert', { project, ...alert })
    if (deps.alertsUrl !== undefined) await post(deps, deps.alertsUrl, project, alert)
  }
}

async function post(deps: AlertDeps, url: string, project: string, alert: BudgetAlert): Promise<void> {
  const leave = new AbortController()
  const body = JSON.stringify({ text: describe(project, alert), project, ...alert })
  const headers = { 'content-type': 'application/json' }
  const sent = deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: leave.signal })
  const answer = await within(sent, POST_LIMIT_MS, deps.clock).catch(() => undefined)
  if (answer === TIMED_OUT) leave.abort()
  const isTaken = answer instanceof Response && answer.ok
  if (answer instanceof Response) await answer.body?.cancel().catch(() => {})
  if (!isTaken) deps.log('alert_not_sent', { project, scope: alert.scope, percent: alert.percent })
}

function describe(project: string, { scope, percent, spentNanoUsd, limitNanoUsd, resetsAt }: BudgetAlert): string {
  const whose =
    scope === 'project' ? `the project "${project}"` : `the key ${scope.slice('key:'.length)} of "${project}"`
  const amount = `${toUsd(spentNanoUsd).toFixed(2)} of ${toUsd(limitNanoUsd).toFixed(2)} USD`
  const until = resetsAt === undefined ? 'it does not reset' : `it resets at ${new Date(resetsAt).toISOString()}`
  return `hugway: the budget of ${whose} is past ${percent} % (${amount}); ${until}.`
}
