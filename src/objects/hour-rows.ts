/** How many roll-ups of an hour each key has made: plain memory of one object, read again after it was put away. */
export type HourRows = { hour: number; ofKey: Map<string, number> }

/** Roll-ups are kept for ever. A key has so many an hour before its users share one, and so many more before its models do. */
const MOST_OF_KEY = 2_000
const MOST_WITHOUT_USERS = 500
/** Stands for the names of users or models that are too many. */
const OTHERS = 'others'

export const createHourRows = (): HourRows => ({ hour: -1, ofKey: new Map() })

/** What a roll-up is about, besides its hour and key. */
export type Place = { readonly model: string; readonly user: string }

/**
 * The places that a completion may be counted under, the best first: a caller who makes up names of users or models must not
 * fill the ledger with them. All but the last only where there is a row, or room for one.
 */
export function placesFor({ model, user }: Place): readonly [Place, Place, Place] {
  return [
    { model, user },
    { model, user: user && OTHERS },
    { model: model && OTHERS, user: user && OTHERS },
  ]
}

/** Whether a key has room for one row more at this place of {@link placesFor}. */
export function hasRoom(sql: SqlStorage, rows: HourRows, hour: number, keyId: string, index: number): boolean {
  if (rows.hour !== hour) {
    const counted = sql
      .exec<{ key_id: string; count: number }>(
        'SELECT key_id, COUNT(*) AS count FROM rollups WHERE hour = ? GROUP BY key_id',
        hour,
      )
      .toArray()
    rows.hour = hour
    rows.ofKey = new Map(counted.map(({ key_id, count }) => [key_id, count]))
  }
  const most = [MOST_OF_KEY, MOST_OF_KEY + MOST_WITHOUT_USERS][index]
  return most === undefined || (rows.ofKey.get(keyId) ?? 0) < most
}

/** Counts a row that was made. */
export function countRow({ ofKey }: HourRows, keyId: string): void {
  ofKey.set(keyId, (ofKey.get(keyId) ?? 0) + 1)
}
