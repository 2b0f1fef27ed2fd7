import type { Config } from '../config/config.ts'
import type { Caller } from '../identity/caller.ts'
import { type Project, projectOf } from '../identity/project.ts'
import type { KeyScopes } from '../identity/scopes.ts'
import type { BoundOwner } from './bound.ts'
import type { LedgerRules, Scope, ScopeBounds } from './exchange.ts'
import { budgetNanoUsd } from './money.ts'

/** What a caller is bound to, its project's bounds first; empty where nothing binds it. */
export type CallerBounds = {
  readonly project: Project
  readonly bounds: readonly ScopeBounds[]
  readonly isMoneyBound: boolean
}

/** The bounds that hold for a caller: its own and its project's. */
export function boundsOf({ projects, budgets }: Config, caller: Caller): CallerBounds {
  const project = projectOf(projects, caller.project)
  const bounds = [
    ...toBounds('project', project, budgets.timeZone),
    ...toBounds(`key:${caller.keyId}`, caller.scopes, budgets.timeZone),
  ]
  return { project, bounds, isMoneyBound: bounds.some(({ budget }) => budget !== undefined) }
}

/** The bounds of one scope; none where it has neither a budget nor a limit. */
export function toBounds(scope: Scope, { budget, limits }: KeyScopes, timeZone: string): readonly ScopeBounds[] {
  const limit = limits && Object.values(limits).some((one) => one !== undefined) ? { limits } : {}
  const money = budget && { budget: { nanoUsd: budgetNanoUsd(budget.usd), per: budget.per, timeZone } }
  return money || 'limits' in limit ? [{ scope, ...money, ...limit }] : []
}

/** Whose bound a scope is, for people. */
export function ownerOf(scope: Scope, project: Project, caller: Caller): BoundOwner {
  return scope === 'project'
    ? { kind: 'project', id: project.id, name: project.name }
    : { kind: 'key', id: caller.keyId, name: caller.name }
}

/** What the configuration says that concerns all of a ledger. */
export function rulesOf({ budgets, usage }: Config): LedgerRules {
  return { alertAt: budgets.alertAt, keepEventsDays: usage.keepDays }
}
