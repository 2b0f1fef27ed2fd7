import type { RouterModel } from '../core/catalog/router-model.ts'
import { isFields } from '../wire/chat/chunk.ts'

/** The router lists some hundreds; each row is looked at for every list that is made. */
const MAX_ROWS = 5_000

/**
 * Reads what `GET /v1/models` sent: a list of rows with ids. The rest of a row is read leniently, field by field.
 * Of more than {@link MAX_ROWS} the first ones count.
 *
 * @returns `undefined` for a list that is empty, broken or of an unknown shape.
 */
export function readModelList(body: unknown): readonly RouterModel[] | undefined {
  const data = isFields(body) ? body['data'] : undefined
  const rows = Array.isArray(data) ? data.slice(0, MAX_ROWS).filter(isRow) : []
  return rows.length > 0 ? rows : undefined
}

function isRow(row: unknown): row is RouterModel {
  return isFields(row) && typeof row['id'] === 'string' && row['id'] !== ''
}
