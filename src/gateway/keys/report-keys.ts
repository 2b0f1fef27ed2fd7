import type { Config } from '../../core/config/config.ts'
import { toBounds } from '../../core/limits/bounds-of.ts'
import type { KeyUse, ScopeStand } from '../../core/limits/ledger-report.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import type { BudgetReport } from '../../wire/admin/usage.ts'
import { toBudgetReport } from '../usage/budget-report.ts'
import { type KeyReport, listKeys, type ManageKeysDeps } from './manage-keys.ts'

/** A key with what its project's ledger knows of it; nothing of that where it does not answer. */
export type UsedKeyReport = Omit<KeyReport, 'budget'> & {
  readonly budget?: BudgetReport | KeyReport['budget']
  /** ISO 8601; as of the last completion that was booked. */
  readonly lastUsedAt: string | null
  readonly requests: number | null
  /** All that it ever cost, in nanodollars. */
  readonly costNanoUsd: number | null
}

export type ReportKeysDeps = { readonly keys: ManageKeysDeps; readonly client: LedgerClient }

/** Every key, newest first, with last use and spend. */
export async function reportKeys({ keys, client }: ReportKeysDeps, config: Config): Promise<readonly UsedKeyReport[]> {
  const listed = await listKeys(keys)
  const known = new Map<string, { use: KeyUse | undefined; stand: ScopeStand | undefined }>()
  for (const project of new Set(listed.map((key) => key.project))) {
    const own = listed.filter((key) => key.project === project)
    const bounds = own.flatMap((key) => toBounds(`key:${key.ledgerId}`, key, config.budgets.timeZone))
    const [uses, stands] = await Promise.all([
      client.report(project, { kind: 'keys' }),
      client.report(project, { kind: 'stands', bounds }),
    ])
    for (const { ledgerId } of own) {
      known.set(`${project} ${ledgerId}`, {
        use: uses?.keys?.find(({ keyId }) => keyId === ledgerId),
        stand: stands?.stands?.find(({ scope }) => scope === `key:${ledgerId}`),
      })
    }
  }
  return listed.map((key) => {
    const { use, stand } = known.get(`${key.project} ${key.ledgerId}`) ?? {}
    const budget = toBudgetReport(key.budget, stand) ?? key.budget
    return {
      ...key,
      ...(budget && { budget }),
      lastUsedAt: use ? new Date(use.lastUsedAt).toISOString() : null,
      requests: use?.requests ?? null,
      costNanoUsd: use?.costNanoUsd ?? null,
    }
  })
}
