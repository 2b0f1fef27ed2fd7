/**
 * The storage schema: every key in the namespace `HUGWAY_KV`.
 *
 * | key | value | lives |
 * | --- | --- | --- |
 * | `config` | the configuration document, JSON (JSON5 if a person wrote it by hand) | until replaced |
 * | `config:last_good` | the latest document that was in use, to fall back to when `config` is broken by hand | until replaced |
 * | `catalog:v1` | `{ fetchedAt, models }`: the router's list and when it was fetched | a week |
 * | `key:<sha256>` | `{ name, createdAt, expiresAt?, disabled? }`, times in ISO 8601; the hash is of the client key, hex | until deleted |
 *
 * KV is eventually consistent: a write is seen at its own location at once and elsewhere within about a minute; so
 * is the absence of a key that was asked for before. It takes one write per second and key. Nothing here is a counter.
 */
export const CONFIG_KEY = 'config'
export const LAST_GOOD_CONFIG_KEY = 'config:last_good'
export const CATALOG_KEY = 'catalog:v1'
export const API_KEY_PREFIX = 'key:'

/** A week: a router that is down for days still leaves a list. */
export const CATALOG_TTL_SECONDS = 7 * 24 * 60 * 60

/** No request waits longer than this for KV; it goes on with the copy it has or the defaults. */
export const KV_READ_LIMIT_MS = 1_500
