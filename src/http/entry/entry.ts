import type { Clock } from '../../core/clock.ts'
import { type ConfigState, currentConfig } from '../../gateway/config/edit-config.ts'
import type { CallerContext, RequestContext } from '../../gateway/context.ts'
import { type AppDeps, CONFIG_HEADER } from '../deps.ts'
import { clientOf } from './authenticate.ts'
import { type Entry, toContext } from './context.ts'
import { originHeaders } from './origins.ts'

type WaitUntil = RequestContext['waitUntil']
type IdentifyDeps = { readonly newId: () => string; readonly clock: Clock }

/**
 * When a request came, and an id for the log and the answer: the caller's `x-request-id` if it is harmless, else a new
 * one.
 */
export function openEntry(request: Request, { newId, clock }: IdentifyDeps): Entry {
  const startedAt = clock.now()
  const given = request.headers.get('x-request-id')
  const requestId = given && /^[\w.:=;-]{1,128}$/.test(given) ? given : newId()
  return { requestId, startedAt, answerHeaders: { 'x-request-id': requestId } }
}

/**
 * The configuration that a request goes by, read once.
 *
 * @throws {GatewayError} `bad_settings`; `storage_unreadable`.
 */
export async function enterConfigured(
  entry: Entry,
  { config, requireSettings }: AppDeps,
  waitUntil: WaitUntil,
): Promise<ConfigState> {
  requireSettings('HUGWAY_KV')
  const state = await currentConfig(config, { waitUntil })
  entry.answerHeaders[CONFIG_HEADER] = state.version
  return state
}

/**
 * What every request of a client goes through before its verb: its configuration, the pages that may read the answer, who
 * calls.
 *
 * @throws {GatewayError} As {@link enterConfigured} and `KeyCheck.authenticateClient`.
 */
export async function enterClient(
  entry: Entry,
  request: Request,
  deps: AppDeps,
  waitUntil: WaitUntil,
): Promise<CallerContext> {
  const state = await enterConfigured(entry, deps, waitUntil)
  const { corsOrigins, keyCopyMs: maxCopyAgeMs } = state.config
  if (corsOrigins.length > 0) Object.assign(entry.answerHeaders, originHeaders(request, corsOrigins))
  const caller = await clientOf(request, deps, { requestId: entry.requestId, waitUntil, maxCopyAgeMs })
  return toContext(request, entry, state, caller, waitUntil)
}

/** Adds to an answer what its request's entry says, and keeps what the answer says of itself. */
export function addAnswerHeaders(headers: Headers, { answerHeaders }: Entry): void {
  for (const [name, value] of Object.entries(answerHeaders)) {
    if (name === 'vary') headers.append(name, value)
    else if (!headers.has(name)) headers.set(name, value)
  }
}
