import { warnOfConfig } from '../../core/catalog/config-warnings.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Clock } from '../../core/clock.ts'
import { type LoadedConfig, parseConfig } from '../../core/config/config.ts'
import { BUILT_IN_VERSION } from '../../core/config/config-version.ts'
import { parseDocumentText } from '../../core/config/document-text.ts'
import { GatewayError, type Problem } from '../../core/failure.ts'
import { editJson5 } from '../../json/json5-edit.ts'
import { mergePatch } from '../../json/merge-patch.ts'
import type { ConfigEdit, ConfigState, ConfigStore } from '../../kv/config-store.ts'
import type { RequestContext } from '../context.ts'

export type ConfigDeps = {
  readonly store: ConfigStore
  readonly clock: Clock
  /** The router's list as far as it is at hand: nobody waits for the router here. Throws where KV does not answer. */
  readonly readModels: () => Promise<readonly RouterModel[] | undefined>
}
export type { ConfigState }

/** Who writes, and the tags of `If-Match`: what must be stored for the write to go on; absent, it always may. */
export type EditOptions = { readonly author: string; readonly ifMatch?: readonly string[] | undefined }

/** A patch that was overtaken is applied again so often, {@link PATCH_PAUSE_MS} apart. */
const PATCH_TRIES = 5
const PATCH_PAUSE_MS = 100

/** The configuration in use and where it came from. */
export function currentConfig(
  { store }: ConfigDeps,
  { waitUntil }: Pick<RequestContext, 'waitUntil'>,
): Promise<ConfigState> {
  return store.current(waitUntil)
}

/** The configuration as KV has it now. */
export function latestConfig({ store }: ConfigDeps): Promise<ConfigState> {
  return store.latest()
}

/**
 * Replaces the document, whole.
 *
 * @throws {GatewayError} `bad_config` with every problem, nothing having been written; `config_changed`, likewise;
 *   `config_not_stored`.
 */
export function replaceConfig(deps: ConfigDeps, text: string, options: EditOptions): Promise<ConfigState> {
  return write(deps, text, { action: 'put', author: options.author, ...condition(options) })
}

/**
 * Applies a JSON merge patch to the document in use, in its text: comments stay. The result is checked as a whole. Without `ifMatch` a patch that was
 * overtaken by another write is applied again to what that one left.
 *
 * @throws {GatewayError} As {@link replaceConfig}.
 */
export async function patchConfig(deps: ConfigDeps, text: string, options: EditOptions): Promise<ConfigState> {
  const patch = parseDocumentText(text)
  if (!patch.ok) throw new GatewayError({ kind: 'bad_config', problems: patch.error })
  for (let tries = 1; ; tries++) {
    const base = await deps.store.latest()
    const patched = editJson5(base.text, mergePatch(base.document, patch.value))
    // The patch belongs to this base: over another document it would undo what was written there.
    const { mayReplace } = { ...condition(options) }
    const isBase = (tag: string) => tag === base.tag && (mayReplace?.(tag) ?? true)
    try {
      return await write(deps, patched, { action: 'patch', author: options.author, mayReplace: isBase })
    } catch (error) {
      const isOvertaken = error instanceof GatewayError && error.failure.kind === 'config_changed'
      if (!isOvertaken || options.ifMatch || tries >= PATCH_TRIES) throw error
      await deps.clock.wait(PATCH_PAUSE_MS)
    }
  }
}

/**
 * Checks a document and writes nothing.
 *
 * @returns Its warnings.
 * @throws {GatewayError} `bad_config` with every problem.
 */
export function validateConfig(deps: ConfigDeps, text: string): Promise<readonly Problem[]> {
  const parsed = parseConfig(text)
  if (!parsed.ok) throw new GatewayError({ kind: 'bad_config', problems: parsed.error })
  return warningsOf(deps, parsed.value)
}

/** What is right in a document and will surprise somebody. Without the router's list nothing is said about models. */
export async function warningsOf(
  { readModels }: ConfigDeps,
  loaded: Pick<LoadedConfig, 'document' | 'config'>,
): Promise<readonly Problem[]> {
  return warnOfConfig(loaded, await readModels().catch(() => undefined))
}

/** Writes what {@link ConfigStore.replace} accepts, and throws what it refuses. */
export async function write({ store }: ConfigDeps, text: string, edit: ConfigEdit): Promise<ConfigState> {
  const replaced = await store.replace(text, edit)
  if (!replaced.ok) throw new GatewayError({ kind: 'bad_config', problems: replaced.error })
  return replaced.value
}

/** `*` stands for whatever is stored; the built-in configuration is not (RFC 9110, 13.1.1). */
export function condition({ ifMatch }: EditOptions): Pick<ConfigEdit, 'mayReplace'> {
  if (!ifMatch) return {}
  return { mayReplace: (tag) => ifMatch.includes(tag) || (ifMatch.includes('*') && tag !== BUILT_IN_VERSION) }
}
