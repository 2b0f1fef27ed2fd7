import type { Catalog } from '../core/catalog/catalog.ts'
import { GatewayError } from '../core/failure.ts'
import { allowsModel } from '../core/identity/model-rights.ts'
import { type CallerBounds, ownerOf } from '../core/limits/bounds-of.ts'
import { longestContextOf, priceOf, type TargetPrice } from '../core/limits/price.ts'
import type { RequestSize } from '../core/limits/reserve.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import type { CatalogInUse } from '../isolate/catalog-in-use.ts'
import { readOnce } from '../kv/one-read.ts'
import type { CatalogDeps } from './catalog/refresh-catalog.ts'
import type { CallerContext } from './context.ts'
import type { LedgerDeps } from './usage/ledger-deps.ts'

export type AdmitDeps = {
  readonly ledger: LedgerDeps
  readonly catalog: { readonly store: Pick<CatalogDeps['store'], 'remembered' | 'read'> }
  readonly catalogInUse: CatalogInUse
}

/** What admission needs to know of a completion request: sizes and kinds, never content. */
export type AdmitFacts = {
  /** `model` as it was sent. */
  readonly askedModel: string | undefined
  /** The planned chain, in order, before rights are looked at. */
  readonly targets: readonly ModelRef[]
  readonly size: RequestSize
  /** The request's `user`, where it is to be kept. */
  readonly user?: string | undefined
}

/** A target that the bounds leave out, and why. */
export type NotAdmitted = { readonly target: string; readonly reason: 'not_allowed' | 'unpriced' }

/** What is left of a chain; at least one target. */
type Allowed = { readonly targets: readonly ModelRef[]; readonly skipped: readonly NotAdmitted[] }

/** @throws {GatewayError} `model_not_allowed` where nothing is left. */
export function allowedTargets({ askedModel, targets }: AdmitFacts, own: CallerBounds, ctx: CallerContext): Allowed {
  const { caller, config } = ctx
  const refuses = (ref: ModelRef) =>
    allowsModel(caller.scopes.models, ref, config) ? !allowsModel(own.project.models, ref, config) : true
  const [left, skipped] = [targets.filter((ref) => !refuses(ref)), targets.filter(refuses)]
  if (left.length > 0) {
    return { targets: left, skipped: skipped.map((ref) => ({ target: formatModelRef(ref), reason: 'not_allowed' })) }
  }
  const isKeys = targets.every((ref) => !allowsModel(caller.scopes.models, ref, config))
  throw new GatewayError({
    kind: 'model_not_allowed',
    model: askedModel ?? formatModelRef(targets[0] ?? config.primary),
    owner: ownerOf(isKeys ? `key:${caller.keyId}` : 'project', own.project, caller),
    allowed: (isKeys ? caller.scopes.models : own.project.models) ?? [],
  })
}

type Priced = Allowed & {
  readonly known: readonly {
    readonly price: TargetPrice['highest'] | undefined
    readonly contextLength: number | undefined
  }[]
}

/** @throws {GatewayError} `unpriced_model` where money is bound and no target has a price. */
export async function pricedTargets(
  deps: AdmitDeps,
  targets: readonly ModelRef[],
  isMoneyBound: boolean,
  ctx: CallerContext,
): Promise<Priced> {
  const { catalog, isComplete } = await catalogOf(deps, isMoneyBound, ctx)
  const known = targets.map((ref) => {
    const row = catalog.rowOf(ref)
    return { ref, price: priceOf(row, ref)?.highest, contextLength: longestContextOf(row, ref) }
  })
  if (!isMoneyBound) return { targets, skipped: [], known: known.map((one) => ({ ...one, price: undefined })) }
  const priced = known.filter(({ price }) => price !== undefined)
  const without = known.filter(({ price }) => price === undefined).map(({ ref }) => formatModelRef(ref))
  if (priced.length === 0) {
    // A list that nobody could read says nothing of a model's price.
    throw new GatewayError(
      isComplete ? { kind: 'unpriced_model', models: without } : { kind: 'ledger_unavailable', reason: 'no_prices' },
    )
  }
  return {
    targets: priced.map(({ ref }) => ref),
    skipped: without.map((target) => ({ target, reason: 'unpriced' })),
    known: priced,
  }
}

type KnownCatalog = { readonly catalog: Catalog; readonly isComplete: boolean }

/**
 * A burst on an isolate that is new reads the list once. Where only rates are bound, what is known will do, and the list is
 * read meanwhile: the record needs it, and a slot is kept until the record has its price.
 */
async function catalogOf(deps: AdmitDeps, isMoneyBound: boolean, ctx: CallerContext): Promise<KnownCatalog> {
  const { ledger, catalog, catalogInUse } = deps
  const look = () => catalog.store.remembered()?.models
  if (!isMoneyBound && !look()) ctx.waitUntil(catalog.store.read())
  const read = async () => (await ledger.readModels(ctx)) ?? null
  const reads = { name: 'models', look, read, waitUntil: ctx.waitUntil }
  const found = isMoneyBound ? (look() ?? (await readOnce(ledger.memory.reads, ledger.clock, reads))) : look()
  const models = typeof found === 'symbol' || found === null ? undefined : found
  return {
    catalog: catalogInUse.of(ctx.config, models),
    isComplete: models !== undefined || ctx.config.mode === 'replace',
  }
}
