import * as z from 'zod/mini'
import { once } from '../core/once.ts'
import type { SharedTrust, TrustReport } from '../core/trust/stream-trust.ts'
import { TRUST_KEY, TRUST_REPORT_PREFIX, TRUST_REPORT_TTL_SECONDS } from './schema.ts'

export type TrustStore = {
  /** What all isolates know; nothing where KV has none, or something that cannot be read. */
  read(): Promise<SharedTrust>
  write(shared: SharedTrust): Promise<void>
  /** Leaves a report for whoever folds them. */
  report(report: TrustReport): Promise<void>
  /** The reports that wait, as many as one page of a list has. */
  reports(): Promise<readonly TrustReport[]>
  forget(reports: readonly TrustReport[]): Promise<void>
}

const verdict = once(() => z.enum(['odd', 'clean', 'well_known']))
const sharedSchema = once(() => z.record(z.string(), z.object({ verdict: verdict(), at: z.number() })))
const reportSchema = once(() => z.object({ source: z.string(), verdict: verdict(), at: z.number() }))
/** KV takes no longer names; a source whose name is longer is learnt by each isolate for itself. */
const MAX_KEY_BYTES = 512

export function createTrustStore(kv: KVNamespace): TrustStore {
  return {
    async read() {
      const parsed = sharedSchema().safeParse(await kv.get(TRUST_KEY, 'json'))
      return parsed.success ? parsed.data : {}
    },
    write: (shared) => kv.put(TRUST_KEY, JSON.stringify(shared)),
    async report(report) {
      const key = keyOf(report)
      if (key.length > MAX_KEY_BYTES) return
      await kv.put(key, '', { metadata: report, expirationTtl: TRUST_REPORT_TTL_SECONDS })
    },
    async reports() {
      const { keys } = await kv.list({ prefix: TRUST_REPORT_PREFIX })
      return keys.flatMap(({ metadata }) => {
        const parsed = reportSchema().safeParse(metadata)
        return parsed.success ? [parsed.data] : []
      })
    },
    async forget(reports) {
      for (const report of reports) await kv.delete(keyOf(report))
    },
  }
}

/** A key for each verdict: two isolates that disagree do not overwrite each other. */
const keyOf = ({ source, verdict }: TrustReport) => `${TRUST_REPORT_PREFIX}${verdict}:${encodeURIComponent(source)}`
