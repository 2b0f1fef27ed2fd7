import { isObject } from './is-object.ts'

/**
 * Applies a JSON merge patch (RFC 7396): objects are merged, `null` removes, everything else replaces. Changes neither of
 * its arguments.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}
