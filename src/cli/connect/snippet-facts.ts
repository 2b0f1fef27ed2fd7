import type { CatalogRow } from '../../core/catalog/catalog.ts'

/** Everything a snippet is made of. */
export type SnippetFacts = {
  /** Without `/v1`. */
  readonly url: string
  /** The command that exports the key and the address, in this directory. */
  readonly exporting: string
  readonly primary: CatalogRow
  readonly rows: readonly CatalogRow[]
}
