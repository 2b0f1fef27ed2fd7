import * as z from 'zod/mini'
import type { VersionFacts } from '../core/config/config-version.ts'
import { once } from '../core/once.ts'
import { listAll } from './list-all.ts'
import { CONFIG_VERSION_PREFIX } from './schema.ts'

/** One version in a list. */
export type ListedVersion = { readonly id: string } & VersionFacts
/** One version with its document as it was stored. */
export type KeptVersion = ListedVersion & { readonly text: string }

export type ConfigHistory = {
  /** Keeps a document for ever under a new id. */
  keep(id: string, text: string, facts: VersionFacts): Promise<void>
  read(id: string): Promise<KeptVersion | undefined>
  /**
   * Newest first.
   *
   * @param before Only versions older than this one.
   * @returns `next` is the id to go on before; absent on the last page.
   */
  list(limit: number, before?: string): Promise<{ readonly versions: readonly ListedVersion[]; readonly next?: string }>
}

const factsSchema = once(() =>
  z.object({
    at: z.string(),
    author: z.string(),
    action: z.enum(['put', 'patch', 'rollback', 'by_hand']),
    of: z.exactOptional(z.string()),
  }),
)

/** @remarks Another location sees a version within about a minute of its writing, as everything in KV. */
export function createConfigHistory(kv: KVNamespace): ConfigHistory {
  return {
    keep: (id, text, facts) => kv.put(CONFIG_VERSION_PREFIX + id, text, { metadata: facts }),
    async read(id) {
      const { value, metadata } = await kv.getWithMetadata(CONFIG_VERSION_PREFIX + id)
      const facts = factsSchema().safeParse(metadata)
      return value === null || !facts.success ? undefined : { id, ...facts.data, text: value }
    },
    async list(limit, before) {
      const all: ListedVersion[] = []
      for await (const { name, metadata } of listAll(kv, CONFIG_VERSION_PREFIX)) {
        const facts = factsSchema().safeParse(metadata)
        if (facts.success) all.push({ id: name.slice(CONFIG_VERSION_PREFIX.length), ...facts.data })
      }
      const older = all.reverse().filter(({ id }) => before === undefined || id < before)
      const versions = older.slice(0, limit)
      const last = versions.at(-1)
      return { versions, ...(last && older.length > limit && { next: last.id }) }
    },
  }
}
