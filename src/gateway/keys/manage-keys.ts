import type { Clock } from '../../core/clock.ts'
import { type Config, normalizeAlias } from '../../core/config/config.ts'
import { scopesOf } from '../../core/config/scopes-schema.ts'
import { GatewayError } from '../../core/failure.ts'
import { type ApiKeyRecord, type KeyStatus, keyStatus } from '../../core/identity/api-key.ts'
import { DEFAULT_PROJECT } from '../../core/identity/caller.ts'
import { isModelPattern } from '../../core/identity/model-pattern.ts'
import type { KeyScopes } from '../../core/identity/scopes.ts'
import { quote } from '../../core/quote.ts'
import { toBase64Url } from '../../json/bytes.ts'
import { mergePatch } from '../../json/merge-patch.ts'
import type { ListedApiKey } from '../../kv/api-key-list.ts'
import type { ApiKeyStore } from '../../kv/api-key-store.ts'
import type { ChangeKeyRequest, NewKeyRequest, RotateKeyRequest } from '../../wire/admin/admin-requests.ts'
import { fromKv } from '../from-kv.ts'
import { digestOfKey } from './check-key.ts'

export type ManageKeysDeps = {
  readonly store: ApiKeyStore
  readonly clock: Clock
  /** Random enough for a secret. */
  readonly randomBytes: (count: number) => Uint8Array
  /** Whether there is somebody to hold limits. */
  readonly hasLedger: boolean
}

/** What is told of a key: never the key, nor its hash. Times in ISO 8601. */
export type KeyReport = {
  readonly id: string
  readonly name: string
  readonly createdAt: string | null
  readonly expiresAt: string | null
  readonly status: KeyStatus
  readonly project: string
  /** The id by which the ledger knows it: the first one's, where it was rotated. */
  readonly ledgerId: string
} & KeyScopes

/** A key that was just made: the only answer that has the key in it. */
export type CreatedKey = Omit<KeyReport, 'status' | 'ledgerId'> & { readonly key: string }

const KEY_BYTES = 32
const ID_BYTES = 9
const DAY_MS = 24 * 60 * 60 * 1_000
const DEFAULT_OVERLAP_DAYS = 7

/**
 * Makes a client key, which opens at once in this location and within about a minute elsewhere.
 *
 * @throws {GatewayError} `bad_request` for an expiry in the past or a model that means nothing; `unknown_project`;
 *   `ledger_unavailable` for bounds that nobody would hold; `storage_unavailable`.
 */
export async function createKey(deps: ManageKeysDeps, request: NewKeyRequest, config: Config): Promise<CreatedKey> {
  checkScopes(deps, request, config)
  const { name, project } = request
  const wanted = { name, ...(project !== undefined && { project }), ...scopesOf(request) }
  const { created } = await make(deps, wanted, expiryOf(request, deps.clock.now()))
  return created
}

/**
 * Changes a key, whose secret stays. Another project has another ledger: what the key spent stays in the old one's.
 *
 * @throws {GatewayError} As {@link createKey}; `unknown_key`; `key_not_active` for one that was revoked.
 */
export async function changeKey(
  deps: ManageKeysDeps,
  id: string,
  request: ChangeKeyRequest,
  config: Config,
): Promise<KeyReport> {
  const { sha256, record } = await find(deps, id)
  if (record.disabled) throw new GatewayError({ kind: 'key_not_active', id: record.id, status: 'revoked' })
  const changed = withChanges(record, request, deps.clock.now())
  checkScopes(deps, changed, config)
  await fromKv(deps.store.write(sha256, changed))
  return toReport({ sha256, record: changed }, deps.clock.now())
}

/** Every key, newest first. */
export async function listKeys({ store, clock }: ManageKeysDeps): Promise<readonly KeyReport[]> {
  const keys = await fromKv(store.list())
  const reports = keys.map((key) => toReport(key, clock.now()))
  return reports.sort((a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? ''))
}

/**
 * Revokes a key. This isolate refuses it at once, others within the time that {@link ApiKeyStore.write} tells. Revoking it
 * again changes nothing.
 *
 * @throws {GatewayError} `unknown_key`; `storage_unavailable`.
 */
export async function revokeKey(deps: ManageKeysDeps, id: string): Promise<KeyReport> {
  const { sha256, record } = await find(deps, id)
  const revoked = { ...record, disabled: true }
  if (!record.disabled) await fromKv(deps.store.write(sha256, revoked))
  return toReport({ sha256, record: revoked }, deps.clock.now())
}

/**
 * Makes a key in place of another, which goes on for the overlap. The new one has the same name, and lives as long as the
 * old one was given, unless the request says otherwise.
 *
 * @throws {GatewayError} `unknown_key`; `key_not_active`; `bad_request`; `storage_unavailable`, nothing being changed.
 */
export async function rotateKey(
  deps: ManageKeysDeps,
  id: string,
  request: RotateKeyRequest,
): Promise<CreatedKey & { readonly replaces: { readonly id: string; readonly expiresAt: string } }> {
  const { store, clock } = deps
  const old = await find(deps, id)
  const status = keyStatus(old.record, clock.now())
  if (status !== 'active') throw new GatewayError({ kind: 'key_not_active', id: old.record.id, status })
  const ownExpiry = expiryOf(request, clock.now()) ?? sameLifetime(old.record, clock.now())
  const { id: oldId, name, project, lineage = oldId } = old.record
  const same = { name, lineage, ...(project !== undefined && { project }), ...scopesOf(old.record) }
  const { created, sha256 } = await make(deps, same, ownExpiry)
  const overlapMs = (request.overlapDays ?? DEFAULT_OVERLAP_DAYS) * DAY_MS
  const oldEnd = Date.parse(old.record.expiresAt ?? '')
  const endsAt = Math.min(clock.now() + overlapMs, Number.isNaN(oldEnd) ? Number.POSITIVE_INFINITY : oldEnd)
  const expiresAt = new Date(endsAt).toISOString()
  try {
    await store.write(old.sha256, { ...old.record, expiresAt })
  } catch (cause) {
    await store.remove(sha256).catch(() => {}) // nobody was told of it
    throw new GatewayError({ kind: 'storage_unavailable' }, { cause })
  }
  return { ...created, replaces: { id: old.record.id, expiresAt } }
}

/**
 * A merge patch: what is not named stays, `null` takes a bound or the end away.
 *
 * @throws {GatewayError} `bad_request` for half of a budget that is new.
 */
function withChanges(record: ListedApiKey['record'], request: ChangeKeyRequest, nowMs: number): ListedApiKey['record'] {
  const { disabled, expiresAt, ...fields } = request
  const ends = typeof expiresAt === 'string' ? expiryOf({ expiresAt }, nowMs) : expiresAt
  const given = { ...fields, ...(ends !== undefined && { expiresAt: ends }) }
  const changes = { ...given, ...(disabled !== undefined && { paused: disabled }) }
  // The request was read by the schema of what it changes.
  const { budget, limits, ...others } = mergePatch(record, changes) as ListedApiKey['record']
  const lacks = budget && (['usd', 'per'] as const).find((field) => budget[field] === undefined)
  if (lacks) {
    const param = `budget.${lacks}`
    throw new GatewayError({ kind: 'bad_request', message: `${param} must be given: there is no budget yet.`, param })
  }
  return { ...others, ...(budget && { budget }), ...(limits && Object.keys(limits).length > 0 && { limits }) }
}

async function make(
  { store, clock, randomBytes }: ManageKeysDeps,
  wanted: Omit<ApiKeyRecord, 'id' | 'createdAt' | 'expiresAt' | 'disabled'>,
  expiresAt: string | undefined,
) {
  const key = `hw_${toBase64Url(randomBytes(KEY_BYTES))}`
  const id = `k_${toBase64Url(randomBytes(ID_BYTES))}`
  const sha256 = await digestOfKey(key)
  const createdAt = new Date(clock.now()).toISOString()
  const record: ApiKeyRecord = { ...wanted, id, createdAt, ...(expiresAt !== undefined && { expiresAt }) }
  await fromKv(store.write(sha256, record))
  const { name, project = DEFAULT_PROJECT } = wanted
  return { sha256, created: { id, name, key, createdAt, expiresAt: expiresAt ?? null, project, ...scopesOf(wanted) } }
}

function checkScopes(
  { hasLedger }: ManageKeysDeps,
  wanted: KeyScopes & { readonly project?: string | undefined },
  config: Config,
): void {
  const { project, models = [], budget, limits } = wanted
  if (project !== undefined && !config.projects.has(project)) {
    throw new GatewayError({
      kind: 'unknown_project',
      id: quote(project),
      known: [...config.projects.keys()],
      param: 'project',
    })
  }
  const wrong = models.find((model) => !isModelPattern(model, (alias) => config.refByAlias.has(normalizeAlias(alias))))
  if (wrong !== undefined) {
    const message = `models: "${quote(wrong)}" is no alias of the configuration, no model ref and no <org>/*.`
    throw new GatewayError({ kind: 'bad_request', message, param: 'models' })
  }
  if ((budget || limits) && !hasLedger) throw new GatewayError({ kind: 'ledger_unavailable', reason: 'no_binding' })
}

async function find({ store }: ManageKeysDeps, id: string): Promise<ListedApiKey> {
  const found = (await fromKv(store.list())).find(({ record }) => record.id === id)
  if (found) return found
  throw new GatewayError({ kind: 'unknown_key', id: quote(id) })
}

function expiryOf({ expiresAt, expiresInDays }: RotateKeyRequest, nowMs: number): string | undefined {
  if (expiresInDays !== undefined) return new Date(nowMs + expiresInDays * DAY_MS).toISOString()
  if (expiresAt === undefined) return undefined
  const at = Date.parse(expiresAt)
  if (at > nowMs) return new Date(at).toISOString()
  throw new GatewayError({ kind: 'bad_request', message: 'expiresAt has passed already.', param: 'expiresAt' })
}

function sameLifetime({ createdAt, expiresAt }: ApiKeyRecord, nowMs: number): string | undefined {
  const lifetimeMs = Date.parse(expiresAt ?? '') - Date.parse(createdAt ?? '')
  return lifetimeMs > 0 ? new Date(nowMs + lifetimeMs).toISOString() : undefined
}

function toReport({ record }: ListedApiKey, nowMs: number): KeyReport {
  const { id, name, createdAt, expiresAt, project = DEFAULT_PROJECT, lineage = id } = record
  return {
    id,
    name,
    createdAt: createdAt ?? null,
    expiresAt: expiresAt ?? null,
    status: keyStatus(record, nowMs),
    project,
    ledgerId: lineage,
    ...scopesOf(record),
  }
}
