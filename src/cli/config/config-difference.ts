import { isObject } from '../../json/is-object.ts'
import { formatPath } from '../../json/value-path.ts'

/** One value that differs. `before` or `after` is absent where there is none. */
export type Difference = { readonly path: string; readonly before?: unknown; readonly after?: unknown }

/** Lists what differs between two documents, value by value; a list counts as one value. */
export function differencesOf(before: unknown, after: unknown, path: readonly string[] = []): readonly Difference[] {
  // A whole branch that comes or goes is told leaf by leaf as well.
  const isBranch =
    (isObject(before) && isObject(after)) ||
    (before === undefined && hasMembers(after)) ||
    (after === undefined && hasMembers(before))
  if (isBranch) {
    const [was, now] = [before, after].map((one) => (isObject(one) ? one : {}))
    const keys = [...new Set([...Object.keys(was ?? {}), ...Object.keys(now ?? {})])]
    return keys.flatMap((key) => differencesOf(was?.[key], now?.[key], [...path, key]))
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

/** An empty object is a value like others. */
const hasMembers = (value: unknown) => isObject(value) && Object.keys(value).length > 0
