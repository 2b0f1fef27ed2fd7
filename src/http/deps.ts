import type { Context, Hono } from 'hono'
import type { Clock } from '../core/clock.ts'
import type { Config } from '../core/config/config.ts'
import { GatewayError } from '../core/failure.ts'
import type { Caller } from '../core/identity/caller.ts'
import type { Log } from '../core/log.ts'
import type { UpstreamKind } from '../core/router-facts.ts'
import type { ModelListDeps } from '../gateway/catalog/list-models.ts'
import type { CatalogDeps } from '../gateway/catalog/refresh-catalog.ts'
import type { CompleteDeps } from '../gateway/completion.ts'
import type { ConfigDeps } from '../gateway/config/edit-config.ts'
import type { CallerContext } from '../gateway/context.ts'
import type { KeyCheck } from '../gateway/keys/check-key.ts'
import type { ManageKeysDeps } from '../gateway/keys/manage-keys.ts'
import type { SessionDeps } from '../gateway/session/sign-in.ts'
import { toLogged } from '../gateway/to-logged.ts'
import type { MetricsDeps } from '../gateway/usage/report-metrics.ts'
import { type Entry, toContext } from './entry/context.ts'
import type { BodyDeps } from './read-body.ts'

/** Facts about a request travel in `c.var`. */
export type AppEnv = {
  Variables: { entry: Entry; config: Config; configVersion: string; caller: Caller }
}
export type App = Hono<AppEnv>

/** Everything the routes work with. What they remember is the isolate's, never one request's. */
export type AppDeps = BodyDeps & {
  /** @throws {GatewayError} `bad_settings`, naming each of `names` that is missing or bad. */
  readonly requireSettings: (...names: readonly string[]) => void
  readonly settingProblems: readonly string[]
  readonly upstream: UpstreamKind
  readonly clock: Clock
  readonly newId: () => string
  readonly log: Log
  readonly keys: KeyCheck
  readonly managedKeys: ManageKeysDeps
  readonly config: ConfigDeps
  readonly catalog: CatalogDeps
  readonly modelList: ModelListDeps
  readonly complete: CompleteDeps
  /** Learns of the providers from the ledgers; what the cron trigger does. */
  readonly foldTraffic: () => Promise<void>
  readonly sessions: SessionDeps
  readonly usage: MetricsDeps
}

/** Names the configuration that an answer was made by: a version's id, `unversioned` or `built-in`. */
export const CONFIG_HEADER = 'x-hugway-config'

/** No copy of such an answer is to stay anywhere on its way. */
export const NO_STORE = { 'cache-control': 'no-store' }

/** Logs what nobody expected: whatever is thrown on purpose is a failure that the client is told. */
export function logBug({ log }: Pick<AppDeps, 'log'>, { requestId }: Entry, error: unknown): void {
  if (!(error instanceof GatewayError)) log('request_failed', { requestId, failure: toLogged(error) })
}

/** Answers every other method on a path with 405. Register it after the path's own methods. */
export function refuseOtherMethods(app: App, path: string, allowed: readonly string[]): void {
  app.all(path, (c) => {
    throw new GatewayError({ kind: 'method_not_allowed', method: c.req.method, allowed })
  })
}

/** Keeps work alive after the response; the runtime allows it 30 seconds. */
export function waitUntilOf(executionCtx: Pick<ExecutionContext, 'waitUntil'>): (work: Promise<unknown>) => void {
  return (work) => executionCtx.waitUntil(work)
}

/** What a verb is told of the request that a route serves. */
export function contextOf(c: Context<AppEnv>): CallerContext {
  const { entry, config, configVersion: version, caller } = c.var
  return toContext(c.req.raw, entry, { config, version }, caller, waitUntilOf(c.executionCtx))
}

/** What a client calls its conversation by, in the header of its kind. */
export function sessionHeaderOf({ headers }: Request): string | undefined {
  return headers.get('x-session-id') ?? headers.get('x-session-affinity') ?? undefined
}
