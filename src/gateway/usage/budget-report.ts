import type { BudgetRule } from '../../core/identity/scopes.ts'
import type { ScopeStand } from '../../core/limits/ledger-report.ts'
import { budgetNanoUsd } from '../../core/limits/money.ts'
import type { BudgetReport } from '../../wire/admin/usage.ts'

/** How a budget stands; `null` where there is none, or nobody knows. */
export function toBudgetReport(rule: BudgetRule | undefined, stand: ScopeStand | undefined): BudgetReport | null {
  if (!rule || !stand) return null
  const { spentNanoUsd, heldNanoUsd, resetsAt } = stand
  return {
    ...rule,
    spentNanoUsd,
    heldNanoUsd,
    remainingNanoUsd: Math.max(0, budgetNanoUsd(rule.usd) - spentNanoUsd - heldNanoUsd),
    resetsAt: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  }
}
