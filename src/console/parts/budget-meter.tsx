import type { BudgetReport } from '../../wire/admin/usage.ts'
import { money } from '../format.ts'

/** How much of a budget is used, as a picture and in words. */
export function BudgetMeter({ budget }: { budget: BudgetReport }) {
  const used = budget.spentNanoUsd + budget.heldNanoUsd
  const all = budget.usd * 1e9
  return (
    <>
      <meter
        min={0}
        max={all}
        low={all * 0.8}
        high={all * 0.95}
        optimum={0}
        value={used}
        aria-label="Part of the budget that is used"
      />
      <br />
      {money(budget.spentNanoUsd)} {budget.heldNanoUsd > 0 && `and ${money(budget.heldNanoUsd)} held `}of {money(all)}{' '}
      per {budget.per}
    </>
  )
}
