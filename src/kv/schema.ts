/**
 * The storage schema: every key in the namespace `HUGWAY_KV`.
 *
 * | key | value | metadata | lives |
 * | --- | --- | --- | --- |
 * | `config` | the configuration document, JSON (JSON5 if a person wrote it by hand) | `{ version }`; none after an edit by hand | until replaced |
 * | `config:v:<id>` | the document of one version, never changed; what was written by hand is kept as it stood | `{ at, author, action, of? }` | for ever |
 * | `config:last_good` | the latest document that was in use, to fall back to when `config` is broken by hand | `{ version }` | until replaced |
 * | `catalog:v1` | `{ fetchedAt, models }`: the router's list and when it was fetched | | a week |
 * | `catalog:drift:v1` | `{ at, since, changes }`: what the last refresh that changed something changed; the list before it is what `catalog:v1` held until then | | until replaced |
 * | `routing:traffic:v1` | `{ entries: { "<org>/<model>:<provider>": ... } }`: what all isolates saw of the providers, by the ledgers' latest completions; weights, waits for the first token, speed | | a day |
 * | `key:<sha256>` | `{ id, name, createdAt, expiresAt?, disabled?, paused?, project?, lineage?, budget?, limits?, models? }`, times in ISO 8601; the hash is of the client key, hex | the same, so that a list needs no reads; none where it is longer than KV's 1,024 bytes | 30 days after it was revoked or expired |
 * | `trust:v1` | `{ <source>: { verdict, at } }`: which providers' streams need not be read event by event | | until replaced |
 * | `trust:report:<verdict>:<source>` | nothing | `{ source, verdict, at }`: a verdict that an isolate has changed, until the cron trigger folds it into `trust:v1` | a day |
 *
 * A version's id is the time of its writing and eight random digits, `20261124T065425123Z-1f2e3d4c`: in the order of
 * the names is the order of time. Versions are few and small, so all of them are kept; KV lists a thousand at a time. A version is
 * written before `config` names it. One that a failed write left behind was never in use and stays in the list.
 *
 * By hand, a key may be added as `{ name }` alone and without metadata; it gets an id when it is listed.
 *
 * KV is eventually consistent: a write is seen at its own location at once and elsewhere within about a minute; so
 * is the absence of a key that was asked for before. It takes one write per second and key. Nothing here is a counter.
 */
export const CONFIG_KEY = 'config'
export const CONFIG_VERSION_PREFIX = 'config:v:'
export const LAST_GOOD_CONFIG_KEY = 'config:last_good'
export const CATALOG_KEY = 'catalog:v1'
export const CATALOG_DRIFT_KEY = 'catalog:drift:v1'
export const TRAFFIC_KEY = 'routing:traffic:v1'
export const API_KEY_PREFIX = 'key:'

export const TRUST_KEY = 'trust:v1'
export const TRUST_REPORT_PREFIX = 'trust:report:'

/** A report that nobody has folded by then tells of the past. */
export const TRUST_REPORT_TTL_SECONDS = 24 * 60 * 60

/** What nobody has renewed for a day says nothing of today. */
export const TRAFFIC_TTL_SECONDS = 24 * 60 * 60

/** A week: a router that is down for days still leaves a list. */
export const CATALOG_TTL_SECONDS = 7 * 24 * 60 * 60

/** KV's limit; a record beyond it is kept without, and read when keys are listed. */
export const MAX_METADATA_BYTES = 1_024

/** A key that opens nothing any more is listed for a month, so that "what happened to it" has an answer. */
export const DEAD_KEY_TTL_SECONDS = 30 * 24 * 60 * 60

/** No request waits longer than this for KV; it goes on with the copy it has, or is told to come again. */
export const KV_READ_LIMIT_MS = 1_500
