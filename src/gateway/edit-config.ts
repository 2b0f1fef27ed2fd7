import { GatewayError } from '../core/errors.ts'
import type { ConfigState, ConfigStore } from '../kv/config-store.ts'

export type ConfigTools = { readonly store: ConfigStore }
export type { ConfigState }

/** The configuration in use and where it came from. */
export function currentConfig({ store }: ConfigTools, later: (work: Promise<unknown>) => void): Promise<ConfigState> {
  return store.current(later)
}

/**
 * Replaces the document, whole.
 *
 * @throws {GatewayError} `bad_config` with every problem, nothing having been written; `config_not_stored`.
 */
export async function replaceConfig({ store }: ConfigTools, text: string): Promise<ConfigState> {
  const replaced = await store.replace(text)
  if (!replaced.ok) throw new GatewayError({ kind: 'bad_config', problems: replaced.error })
  return replaced.value
}
