/**
 * The storage schema of a project's object: every table, and how an older one becomes this one. Times in milliseconds since
 * the epoch, money in nanodollars, `''` for what is not known in a primary key.
 *
 * | table | a row is | lives |
 * | --- | --- | --- |
 * | `meta` | `schema`, `keep_days`, `folded_hour` | for ever |
 * | `accounts` | what was spent of one budget in one of its periods | for ever |
 * | `leases` | what an isolate holds | until it was given back, or an hour after its deadline |
 * | `rates` | when the bucket of a rate is full again | for ever, one for each rate |
 * | `events` | a completion; its key makes booking it twice impossible | `hugway.usage.keepDays` |
 * | `rollups` | the completions of an hour that have key, model, provider, surface, end and user in common | for ever |
 * | `totals` | the roll-ups of all hours that are over, without key and user: counters that only grow | for ever |
 * | `snapshots` | the counters as they were told to whoever asked first in this minute | one row |
 * | `gaps` | how many completions of an hour could not be booked | for ever |
 *
 * Tables have no rowid and no index, because a row of an index is a row written as well. A deployment may run old code
 * over a new schema for some minutes: a migration may add, and never take away what that code uses.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE accounts (scope TEXT NOT NULL, period TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,
      spent INTEGER NOT NULL, lost INTEGER NOT NULL, limit_nano INTEGER NOT NULL, alerted REAL NOT NULL,
      PRIMARY KEY (scope, period)) WITHOUT ROWID`,
    `CREATE TABLE leases (id TEXT PRIMARY KEY, key_id TEXT NOT NULL, granted_at INTEGER NOT NULL,
      deadline_at INTEGER NOT NULL, held INTEGER NOT NULL, slots INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE rates (scope TEXT NOT NULL, kind TEXT NOT NULL, full_at REAL NOT NULL,
      PRIMARY KEY (scope, kind)) WITHOUT ROWID`,
    `CREATE TABLE events (at INTEGER NOT NULL, id TEXT NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL,
      end TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (at, id)) WITHOUT ROWID`,
    `CREATE TABLE rollups (hour INTEGER NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
      surface TEXT NOT NULL, end TEXT NOT NULL, user TEXT NOT NULL, requests INTEGER NOT NULL, prompt INTEGER NOT NULL,
      completion INTEGER NOT NULL, cached INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost INTEGER NOT NULL,
      estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL, last_at INTEGER NOT NULL, first_token TEXT NOT NULL,
      duration TEXT NOT NULL, PRIMARY KEY (hour, key_id, model, provider, surface, end, user)) WITHOUT ROWID`,
    `CREATE TABLE totals (model TEXT NOT NULL, provider TEXT NOT NULL, surface TEXT NOT NULL, end TEXT NOT NULL,
      requests INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
      reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      first_token TEXT NOT NULL, duration TEXT NOT NULL, PRIMARY KEY (model, provider, surface, end)) WITHOUT ROWID`,
    'CREATE TABLE gaps (hour INTEGER PRIMARY KEY, count INTEGER NOT NULL)',
  ],
  ['CREATE TABLE snapshots (name TEXT PRIMARY KEY, until INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID'],
]

const SCHEMA = 'schema'

/** Brings the tables to the newest form. Costs two reads where they have it. */
export function migrate(sql: SqlStorage): void {
  sql.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID')
  const done = readMeta(sql, SCHEMA) ?? 0
  for (const statement of MIGRATIONS.slice(done).flat()) sql.exec(statement)
  if (done < MIGRATIONS.length) writeMeta(sql, SCHEMA, MIGRATIONS.length)
}

/** A number that is kept beside the tables. */
export function readMeta(sql: SqlStorage, key: string): number | undefined {
  return sql.exec<{ value: number }>('SELECT value FROM meta WHERE key = ?', key).toArray()[0]?.value
}

export function writeMeta(sql: SqlStorage, key: string, value: number): void {
  sql.exec('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value)
}
