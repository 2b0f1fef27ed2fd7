import type { CatalogRow } from '../core/catalog/catalog.ts'

/** OpenAI's shape of a model list. */
export type ModelList = { readonly object: 'list'; readonly data: readonly CatalogRow[] }

/** Wraps rows, which have OpenAI's members already, as a list. */
export function toModelList(rows: readonly CatalogRow[]): ModelList {
  return { object: 'list', data: rows }
}
