import type { Clock } from '../../../src/core/clock.ts'
import type { LedgerDeps } from '../../../src/gateway/usage/ledger-deps.ts'
import { createLeaseMemory } from '../../../src/isolate/leases.ts'

/** The ledger of a deployment that has no binding for it. */
export function noLedger(clock: Clock): LedgerDeps {
  return {
    client: { isBound: false, health: {}, exchange: async () => undefined, report: async () => undefined },
    leases: createLeaseMemory(),
    clock,
    newId: () => 'made',
    log: () => {},
    exchange: async () => undefined,
    tellAlerts: async () => {},
    hashUser: async () => 'hashed',
    readModels: async () => undefined,
    memory: { reads: new Map() },
  }
}
