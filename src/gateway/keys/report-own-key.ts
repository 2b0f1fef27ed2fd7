import { GatewayError } from '../../core/failure.ts'
import { boundsOf } from '../../core/limits/bounds-of.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import { type OwnKey, toOwnKey } from '../../wire/own-key.ts'
import type { CallerContext } from '../context.ts'
import { toBudgetReport } from '../usage/budget-report.ts'

/**
 * What a caller may know of its own key: its bounds and its project's, what is spent, what is held, and when it begins anew.
 *
 * @throws {GatewayError} `ledger_unavailable` where there are bounds and nobody says how they stand.
 */
export async function reportOwnKey(client: LedgerClient, { caller, config }: CallerContext): Promise<OwnKey> {
  const { project, bounds } = boundsOf(config, caller)
  const report = bounds.length === 0 ? { stands: [] } : await client.report(project.id, { kind: 'stands', bounds })
  if (!report) {
    throw new GatewayError({ kind: 'ledger_unavailable', reason: client.isBound ? 'no_answer' : 'no_binding' })
  }
  const standOf = (scope: string) => report.stands?.find((stand) => stand.scope === scope)
  const own = standOf(`key:${caller.keyId}`)
  const ofProject = standOf('project')
  return toOwnKey({
    id: caller.keyId,
    name: caller.name,
    project,
    scopes: caller.scopes,
    budget: toBudgetReport(caller.scopes.budget, own),
    projectBudget: toBudgetReport(project.budget, ofProject),
    running: Math.max(own?.running ?? 0, 0),
  })
}
