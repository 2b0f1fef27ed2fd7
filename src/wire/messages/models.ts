import type { CatalogRow } from '../../core/catalog/catalog.ts'

/** Anthropic's shape of a model. */
export type MessagesModel = {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  readonly created_at: string
}

/** A row of the catalog, whose `created` is in seconds since the epoch where it has one. */
export function toMessagesModel({ id, name, created }: CatalogRow): MessagesModel {
  const seconds = typeof created === 'number' && created >= 0 && created < MAX_SECONDS ? created : 0
  return { type: 'model', id, display_name: name, created_at: new Date(seconds * 1_000).toISOString() }
}

/** The end of what a `Date` can hold is later, but no model is from after the year 9999. */
const MAX_SECONDS = 253_402_300_800

/** Anthropic's shape of a model list: all of it is one page. */
export function toMessagesModelList(rows: readonly CatalogRow[]): object {
  return {
    data: rows.map(toMessagesModel),
    has_more: false,
    first_id: rows[0]?.id ?? null,
    last_id: rows.at(-1)?.id ?? null,
  }
}
