import type { Clock } from '../../../src/core/clock.ts'
import type { CompleteDeps } from '../../../src/gateway/completion.ts'
import { createRedact } from '../../../src/huggingface/redact.ts'
import { createRouterClient } from '../../../src/huggingface/router-client.ts'
import { createCatalogInUse } from '../../../src/isolate/catalog-in-use.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../../src/isolate/circuit-breakers.ts'
import { createHedgeMemory, createHedgeShare } from '../../../src/isolate/hedge-share.ts'
import { createSessionProviders } from '../../../src/isolate/session-providers.ts'
import { createStreamTrust, createTrustMemory } from '../../../src/isolate/stream-trust.ts'
import { createTrafficMemory, createTrafficStats } from '../../../src/isolate/traffic-stats.ts'
import { noLedger } from './no-ledger.ts'

/** What a completion works with in an isolate that is new and knows no list; `send` stands in for the router. */
export function completeDeps(clock: Clock, send: Parameters<typeof createRouterClient>[0]) {
  return {
    router: createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined }),
    breakers: createCircuitBreakers(createBreakerMemory(), clock),
    trust: createStreamTrust(createTrustMemory(), clock),
    trustStore: undefined,
    traffic: createTrafficStats(createTrafficMemory(), clock),
    trafficStore: { read: async () => undefined },
    hedgeShare: createHedgeShare(createHedgeMemory(), clock),
    currentModels: async () => undefined,
    sessionProviders: createSessionProviders(new Map(), clock),
    routeMemory: {},
    catalog: { store: { remembered: () => undefined, read: async () => undefined } },
    catalogInUse: createCatalogInUse({}),
    clock,
    random: () => 0,
    redact: createRedact(undefined),
    newId: () => 'made',
    log: () => {},
    requireSettings: () => {},
    ledger: noLedger(clock),
  } satisfies CompleteDeps
}
