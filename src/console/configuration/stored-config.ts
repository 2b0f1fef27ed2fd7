import { type Answer, call } from '../api.ts'

/** The document as it was written, and the tag that a write of it must name. */
export type StoredConfig = {
  readonly text: string
  readonly etag: string
  readonly version: string
  readonly source: string
  readonly problem: string | null
}

/** Reads the document in the words in which it was written, comments and all. */
export async function readConfig(signal?: AbortSignal): Promise<Answer<StoredConfig>> {
  const answer = await call<string>('/admin/config', { headers: { accept: 'application/json5' }, asText: true, signal })
  if (!answer.ok) return answer
  const { data: text, headers } = answer
  const data = {
    text,
    etag: headers.get('etag') ?? '',
    version: headers.get('x-hugway-config') ?? '',
    source: headers.get('x-hugway-config-source') ?? '',
    problem: headers.get('x-hugway-config-problem'),
  }
  return { ok: true, data, headers }
}
