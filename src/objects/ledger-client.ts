import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { CALL_LIMIT_MS, type ExchangeAnswer, type ExchangeCall } from '../core/limits/exchange.ts'
import type { LedgerQuery, LedgerReport } from '../core/limits/ledger-report.ts'
import type { Log } from '../core/log.ts'

/** What a project's object does for the gateway. `undefined`: it did not answer, and may have heard the call all the same. */
export type LedgerClient = {
  /** `false` while the deployment has no binding. */
  readonly isBound: boolean
  exchange(project: string, call: ExchangeCall): Promise<ExchangeAnswer | undefined>
  report(project: string, query: LedgerQuery): Promise<LedgerReport | undefined>
  /** When a call last failed, and when one was last answered, in milliseconds since the epoch. */
  readonly health: LedgerHealth
}

export type LedgerHealth = { failedAt?: number; answeredAt?: number }

/** The object's methods, as a stub has them. */
type Ledger = {
  exchange(call: ExchangeCall): Promise<ExchangeAnswer>
  report(query: LedgerQuery): Promise<LedgerReport>
}

/** One line in a while, not one for each request. */
const LOG_EVERY_MS = 10_000

/**
 * @param namespace The binding; absent in a deployment that has none yet.
 * @param locationHint Where objects are made; the first caller's place otherwise, and for good.
 */
export function createLedgerClient(
  namespace: DurableObjectNamespace | undefined,
  locationHint: DurableObjectLocationHint | undefined,
  clock: Clock,
  log: Log,
): LedgerClient {
  const health: LedgerHealth = {}
  let loggedAt = Number.NEGATIVE_INFINITY
  const failed = (project: string, reason: string) => {
    health.failedAt = clock.now()
    if (clock.now() - loggedAt < LOG_EVERY_MS) return undefined
    loggedAt = clock.now()
    log('ledger_failed', { project, reason })
    return undefined
  }
  const call = async <T>(project: string, ask: (ledger: Ledger) => Promise<T>): Promise<T | undefined> => {
    if (!namespace) return undefined
    // A stub that threw stays broken, so each try has its own.
    const stub = () => {
      const id = namespace.idFromName(project)
      return namespace.get(id, locationHint && { locationHint }) as unknown as Ledger
    }
    const tries = async () => {
      try {
        return await ask(stub())
      } catch (error) {
        if (!isWorthRepeating(error)) throw error
        return await ask(stub())
      }
    }
    try {
      const answer = await within(tries(), CALL_LIMIT_MS, clock)
      if (answer === TIMED_OUT) return failed(project, 'no answer in time')
      health.answeredAt = clock.now()
      return answer
    } catch (error) {
      return failed(project, String(error).slice(0, 300))
    }
  }
  return {
    isBound: namespace !== undefined,
    health,
    exchange: (project, exchange) => call(project, (ledger) => ledger.exchange(exchange)),
    report: (project, query) => call(project, (ledger) => ledger.report(query)),
  }
}

/** Calls may be repeated, whatever became of the first. An object that is overloaded must not be. */
function isWorthRepeating(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  return Reflect.get(error, 'retryable') === true && Reflect.get(error, 'overloaded') !== true
}
