/** What the gateway tells over `/admin` and `/v1`, as far as the console shows it; see openapi.json. */
import type { BrokenRef, CatalogChanges } from '../core/catalog/catalog-drift.ts'
import type { BudgetRule, LimitRules } from '../core/identity/scopes.ts'
import type { BudgetReport } from '../wire/admin/usage.ts'

export type HealthReport = {
  readonly status: 'ok' | 'degraded' | 'not_configured'
  readonly settings: readonly string[]
  readonly config: { readonly source: string; readonly problem?: string }
}

export type TargetReport = {
  readonly target: string
  readonly state: 'closed' | 'open' | 'half_open' | 'probing'
  readonly lastReason?: string
}

export type CatalogReport = { readonly source: string; readonly models: number; readonly ageMs: number | null }
export type DriftReport = {
  readonly at: string | null
  readonly changes: CatalogChanges | null
  readonly configuration: readonly BrokenRef[]
}

export type ConfigVersion = {
  readonly id: string
  readonly at: string
  readonly author: string
  readonly action: string
  readonly of?: string
  readonly active: boolean
}
export type VersionPage = {
  readonly active: string
  readonly versions: readonly ConfigVersion[]
  readonly next: string | null
}
export type VersionDocument = ConfigVersion & { readonly text: string; readonly problem?: string }

/** A row of `GET /v1/models`: the router's own, which may lack anything. */
export type ModelRow = {
  readonly id: string
  readonly name?: string
  readonly alias?: string
  readonly owned_by?: string
  readonly context_length?: number
  readonly architecture?: { readonly input_modalities?: readonly string[] }
  readonly providers?: readonly ModelProvider[]
}
export type ModelProvider = {
  readonly provider: string
  readonly status?: string
  readonly context_length?: number
  readonly pricing?: { readonly input?: number; readonly output?: number }
  readonly supports_tools?: boolean
  readonly supports_structured_output?: boolean
  readonly first_token_latency_ms?: number
  readonly throughput?: number
}

/** A row of `GET /admin/keys`. What the ledger knows of it is absent where it does not answer. */
export type ListedKey = {
  readonly id: string
  readonly name: string
  readonly createdAt: string | null
  readonly expiresAt: string | null
  readonly status: string
  readonly project?: string
  readonly lastUsedAt?: string | null
  readonly requests?: number | null
  readonly costNanoUsd?: number | null
  readonly budget?: BudgetReport | BudgetRule
  readonly limits?: LimitRules
  readonly models?: readonly string[]
}
