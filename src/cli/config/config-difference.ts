import { isObject } from '../../json/is-object.ts'
import { formatPath } from '../../json/value-path.ts'

/** One value that differs. `before` or `after` is absent where there is none. */
export type Difference = { readonly path: string; readonly before?: unknown; readonly after?: unknown }

/** Lists what differs between two documents, value by value; a list counts as one value. */
export function differencesOf(before: unknown, after: unknown, path: readonly string[] = []): readonly Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => differencesOf(before[key], after[key], [...path, key]))
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const place = formatPath(path) || '(the document)'
  return [{ path: place, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]
}

/** One line a difference: `+` added, `-` removed, `~` changed. */
export function formatDifference({ path, before, after }: Difference): string {
  if (before === undefined) return `+ ${path}: ${JSON.stringify(after)}`
  if (after === undefined) return `- ${path}: ${JSON.stringify(before)}`
  return `~ ${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`
}
