import { toHex } from '../../json/bytes.ts'

/** What is kept of a version beside its document. `of` is the version that a rollback went back to. */
export type VersionFacts = {
  /** ISO 8601. */
  readonly at: string
  /** Which credential wrote it; {@link BY_HAND} for an edit in KV. */
  readonly author: string
  readonly action: 'put' | 'patch' | 'rollback' | 'by_hand'
  readonly of?: string
}

/** The author of a document that somebody wrote into KV without the gateway. */
export const BY_HAND = 'by hand'
/** The version of a document in KV that was written by hand and not kept as a version yet. */
export const UNVERSIONED = 'unversioned'
/** The version of the built-in configuration: nothing is stored. */
export const BUILT_IN_VERSION = 'built-in'

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[\da-f]{8}$/

/** `20261124T065425123Z-1f2e3d4c`: the order of these texts is that of time. */
export function formatVersionId(atMs: number, random: Uint8Array): string {
  return `${new Date(atMs).toISOString().replace(/[-:.]/g, '')}-${toHex(random.slice(0, 4))}`
}

/** When a version was written, in milliseconds since the epoch; `undefined` where the text is no version's id. */
export function versionTime(id: string): number | undefined {
  const [, year, month, day, hour, minute, second, ms] = ID.exec(id) ?? []
  return year === undefined ? undefined : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
}
