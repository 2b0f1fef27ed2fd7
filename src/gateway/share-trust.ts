import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { foldTrust, type TrustReport } from '../core/trust/stream-trust.ts'
import type { StreamTrust } from '../isolate/stream-trust.ts'
import type { TrustStore } from '../kv/trust-store.ts'
import type { RequestContext } from './context.ts'

export type TrustDeps = {
  readonly trust: StreamTrust
  /** Absent where what is learnt concerns nobody else. */
  readonly trustStore: TrustStore | undefined
  readonly log: Log
}

/**
 * Reads what other isolates have learnt where that is due, beside the request's own way: while its upstream thinks, a new
 * isolate learns which sources it may pass through at once. Waits for nothing.
 */
export function refreshTrust(
  { trust, trustStore, log }: TrustDeps,
  { waitUntil }: Pick<RequestContext, 'waitUntil'>,
): void {
  if (!trustStore || !trust.isDue()) return
  const reading = trustStore.read().then((shared) => trust.learn(shared))
  waitUntil(reading.catch((error: unknown) => log('trust_read_failed', { reason: String(error) })))
}

/** Tells other isolates of a verdict that changed. One that is lost costs speed. */
export function reportTrust(
  { trustStore, log }: Pick<TrustDeps, 'trustStore' | 'log'>,
  report: TrustReport,
  waitUntil: RequestContext['waitUntil'],
): void {
  if (!trustStore) return
  log('trust_changed', { ...report })
  waitUntil(trustStore.report(report).catch((error: unknown) => log('trust_write_failed', { reason: String(error) })))
}

/** Folds what isolates have reported into what all read: what the cron trigger does. Writes only what has changed. */
export async function foldReports({
  trustStore,
  log,
  clock,
}: Pick<TrustDeps, 'trustStore' | 'log'> & { readonly clock: Clock }): Promise<void> {
  if (!trustStore) return
  try {
    const reports = await trustStore.reports()
    if (reports.length === 0) return
    const shared = await trustStore.read()
    const folded = foldTrust(shared, reports, clock.now())
    if (folded !== shared) await trustStore.write(folded)
    await trustStore.forget(reports)
  } catch (error) {
    log('trust_fold_failed', { reason: String(error) })
  }
}
