import { formatPath, type ValuePath } from '../../json/value-path.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { ALIASES, type DocumentDraft, isSame, MODEL, ROWS } from './document-draft.ts'
import type { Imported } from './import-openclaw.ts'

/** Where both documents say something, and differ: what stays, and what the file says. */
export type Kept = { readonly path: string; readonly yours: unknown; readonly file: unknown }

/**
 * Adds what an import brings to a document. What stands there already stays and is told, or gives way under
 * `isReplacing`; what the file does not speak of stays in any case.
 *
 * @returns What stayed although the file says something else.
 */
export function fillDocument(draft: DocumentDraft, imported: Imported, isReplacing: boolean): readonly Kept[] {
  const kept: Kept[] = []
  const keep = (path: ValuePath, yours: unknown, file: unknown) =>
    void kept.push({ path: formatPath(path), yours, file })
  const decide = (path: ValuePath, yours: unknown, file: unknown, write: () => void) => {
    if (yours === undefined || isReplacing) write()
    else keep(path, yours, file)
  }
  const { primary, fallbacks, aliases, rows, mode } = imported
  if (primary !== undefined && !isSame(draft.primary(), primary)) {
    decide([...MODEL, 'primary'], draft.primary(), primary, () => draft.setPrimary(primary))
  }
  fillFallbacks(draft, fallbacks, isReplacing, keep)
  for (const { ref, alias } of aliases) {
    const own = draft.aliasOf(ref)
    if (alias === undefined) draft.name(ref)
    else if (own !== alias) decide([...ALIASES, ref, 'alias'], own, alias, () => draft.setAlias(ref, alias))
  }
  fillRows(draft, rows, isReplacing, keep)
  const ownMode = draft.value(['models', 'mode'])
  if (mode !== undefined && mode !== (ownMode ?? 'merge')) {
    decide(['models', 'mode'], ownMode, mode, () => draft.set(['models', 'mode'], mode))
  }
  return kept
}

type Keep = (path: ValuePath, yours: unknown, file: unknown) => void

/** The file's come behind those that are there; in their place under `isReplacing`. */
function fillFallbacks(draft: DocumentDraft, wanted: readonly string[], isReplacing: boolean, keep: Keep): void {
  const own = draft.fallbacks()
  if (wanted.length === 0) return
  if (isReplacing) {
    draft.setFallbacks(wanted)
    return
  }
  const added = wanted.filter((ref) => !own.some((known) => isSame(known, ref)))
  const isDefault = (ref: string) => isSame(draft.primary(), ref)
  for (const ref of added.filter(isDefault)) keep([...MODEL, 'fallbacks'], 'none: it is the default model', ref)
  const chain = [...own, ...added.filter((ref) => !isDefault(ref))]
  if (chain.length > own.length) draft.setFallbacks(chain)
}

function fillRows(draft: DocumentDraft, rows: Imported['rows'], isReplacing: boolean, keep: Keep): void {
  const own = listOf(draft.value(ROWS))
  const placeOf = (row: unknown) => own.findIndex((one) => isSame(fieldOf(one, 'id'), fieldOf(row, 'id')))
  const isOther = (row: unknown) => JSON.stringify(own[placeOf(row)]) !== JSON.stringify(row)
  const known = rows.filter((row) => placeOf(row) !== -1 && isOther(row))
  const fresh = rows.filter((row) => placeOf(row) === -1)
  for (const row of isReplacing ? [] : known) keep([...ROWS, placeOf(row)], own[placeOf(row)], row)
  const merged = own.map((one, at) => (isReplacing ? (known.find((row) => placeOf(row) === at) ?? one) : one))
  if (fresh.length > 0 || (isReplacing && known.length > 0)) draft.set(ROWS, [...merged, ...fresh])
}

/** One line for a person. */
export function formatKept({ path, yours, file }: Kept): string {
  return `kept yours: ${path}: ${JSON.stringify(yours)} (the file says ${JSON.stringify(file)})`
}
