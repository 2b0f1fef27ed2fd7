import type { ApiKeyRecord } from './api-key.ts'
import type { KeyScopes } from './scopes.ts'

/**
 * Who asks. `authenticate` decides it once; it travels in `ctx` and stands in every record. Names a key, never holds one.
 */
export type Caller = {
  /** `deployment_key`: `HUGWAY_API_KEY`; `console`: a session of the page, which `Sec-Fetch-Site` vouches for. */
  readonly kind: 'key' | 'deployment_key' | 'console'
  /**
   * The key's id, as `GET /admin/keys` lists it, the first one's where it was rotated: a budget does not begin anew by that.
   * `deployment` and `console` for those two.
   */
  readonly keyId: string
  readonly name: string
  /** The project that the key belongs to: `default` unless it names another. */
  readonly project: string
  /** What the key itself is bound to; the project's bounds hold beside it. */
  readonly scopes: KeyScopes
}

/** The project of every key that names none. */
export const DEFAULT_PROJECT = 'default'

/** The caller behind `HUGWAY_API_KEY`. */
export const DEPLOYMENT_CALLER: Caller = {
  kind: 'deployment_key',
  keyId: 'deployment',
  name: 'HUGWAY_API_KEY',
  project: DEFAULT_PROJECT,
  scopes: {},
}

/** The caller behind the operator's session in the console. */
export const CONSOLE_CALLER: Caller = {
  kind: 'console',
  keyId: 'console',
  name: 'console',
  project: DEFAULT_PROJECT,
  scopes: {},
}

/** The caller behind a client key of KV. A record that was added by hand has no id until it is listed. */
export function callerOf({ id, name, project, lineage, budget, limits, models }: ApiKeyRecord): Caller {
  const scopes = { budget, limits, models }
  return { kind: 'key', keyId: lineage ?? id ?? 'unlisted', name, project: project ?? DEFAULT_PROJECT, scopes }
}
