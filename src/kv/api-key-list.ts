import type { ApiKeyRecord } from '../core/identity/api-key.ts'
import { toHex } from '../json/bytes.ts'
import { listAll } from './list-all.ts'
import { API_KEY_PREFIX } from './schema.ts'

/** A key of the list. `sha256` is for the gateway's own use and goes out to nobody. */
export type ListedApiKey = { readonly sha256: string; readonly record: ApiKeyRecord & { readonly id: string } }

type RecordSchema = {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: ApiKeyRecord | undefined }
}

/**
 * Lists the keys by their metadata alone; only a record that was put into KV by hand has none and is read.
 *
 * @param remembered What this isolate wrote a moment ago, which the list may not show yet; `null` for one that it removed.
 */
export function createApiKeyList(
  kv: KVNamespace,
  recordSchema: () => RecordSchema,
  remembered: (sha256: string) => ApiKeyRecord | null | undefined,
): () => Promise<readonly ListedApiKey[]> {
  return async function listApiKeys() {
    const keys: ListedApiKey[] = []
    for await (const { name, metadata } of listAll(kv, API_KEY_PREFIX)) {
      const sha256 = name.slice(API_KEY_PREFIX.length)
      const own = remembered(sha256)
      const parsed = recordSchema().safeParse(
        own === undefined ? (metadata ?? (await kv.get(name, 'json').catch(() => null))) : own,
      )
      if (!parsed.success || !parsed.data) continue
      keys.push({ sha256, record: { ...parsed.data, id: parsed.data.id ?? (await idOfKey(sha256)) } })
    }
    return keys
  }
}

/** The id of a record that came without one: made of its hash, which cannot be told from it. */
export async function idOfKey(sha256: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`id of ${sha256}`))
  return `k_${toHex(new Uint8Array(digest).slice(0, 6))}`
}
