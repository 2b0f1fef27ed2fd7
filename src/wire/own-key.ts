import type { Project } from '../core/identity/project.ts'
import type { KeyScopes, LimitRules } from '../core/identity/scopes.ts'
import { toUsd } from '../core/limits/money.ts'
import type { BudgetReport } from './admin/usage.ts'

/** `GET /v1/key`: the members of OpenRouter's `GET /api/v1/key`, and ours beside them. Money in dollars. */
export type OwnKey = {
  readonly data: {
    readonly label: string
    /** The stricter of the two budgets, by what is left of it; `null` where there is none. */
    readonly limit: number | null
    readonly usage: number
    readonly limit_remaining: number | null
    readonly limit_reset: string | null
    readonly is_free_tier: false
    readonly rate_limit: { readonly requests: number; readonly interval: string } | null
    readonly id: string
    readonly project: { readonly id: string; readonly name: string }
    readonly budgets: readonly (BudgetReport & { readonly of: 'key' | 'project' })[]
    readonly limits: { readonly key: LimitRules; readonly project: LimitRules }
    readonly models: readonly string[] | null
    readonly running: number
  }
}

type Known = {
  readonly id: string
  readonly name: string
  readonly project: Project
  readonly scopes: KeyScopes
  readonly budget: BudgetReport | null
  readonly projectBudget: BudgetReport | null
  readonly running: number
}

export function toOwnKey({ id, name, project, scopes, budget, projectBudget, running }: Known): OwnKey {
  const budgets = [
    ...(budget ? [{ of: 'key' as const, ...budget }] : []),
    ...(projectBudget ? [{ of: 'project' as const, ...projectBudget }] : []),
  ]
  const [strictest] = [...budgets].sort((a, b) => a.remainingNanoUsd - b.remainingNanoUsd)
  const perMinute = [scopes.limits?.requestsPerMinute, project.limits?.requestsPerMinute].filter(
    (one) => one !== undefined,
  )
  return {
    data: {
      label: name,
      limit: strictest?.usd ?? null,
      usage: toUsd(strictest?.spentNanoUsd ?? 0),
      limit_remaining: strictest ? toUsd(strictest.remainingNanoUsd) : null,
      limit_reset: strictest?.resetsAt ?? null,
      is_free_tier: false,
      rate_limit: perMinute.length > 0 ? { requests: Math.min(...perMinute), interval: '60s' } : null,
      id,
      project: { id: project.id, name: project.name },
      budgets,
      limits: { key: scopes.limits ?? {}, project: project.limits ?? {} },
      models: scopes.models ?? project.models ?? null,
      running,
    },
  }
}
