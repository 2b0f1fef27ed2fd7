import type { ReadsUnderWay } from './one-read.ts'
import type { ConfigState, StoredConfig } from './stored-config.ts'

/** The isolate's copy. Plain data: a promise in it could not be awaited by another request. */
export type ConfigMemory = {
  state?: ConfigState
  /** What `state` was made of, so that an unchanged document is not parsed again. */
  stored?: StoredConfig
  checkedAt: number
  readonly underWay: ReadsUnderWay
  /** After a write here KV may still answer with the old document for a while: it is not asked before this time. */
  trustedUntil: number
  refreshingSince?: number
  /** The latest version that was seen stored, also where a hand has replaced it since. */
  latestVersion: string
  /** Counts writes, so that a read which began before one does not undo it. */
  writes: number
  /** The write under way, and since when. */
  writing?: { readonly since: number }
  /** Documents without a version that were replaced here lately: a read that answers with one is behind the times. */
  readonly replaced: Set<string | null>
}

export const createConfigMemory = (): ConfigMemory => ({
  checkedAt: 0,
  underWay: new Map(),
  trustedUntil: 0,
  latestVersion: '',
  writes: 0,
  replaced: new Set(),
})
