import type { Clock } from './core/clock.ts'
import { upstreamKind } from './core/router-facts.ts'
import { type CatalogDeps, currentModels } from './gateway/catalog/refresh-catalog.ts'
import { createKeyCheck, type KeyCheck } from './gateway/keys/check-key.ts'
import { createAccessCheck } from './gateway/session/access-jwt.ts'
import type { SessionDeps } from './gateway/session/sign-in.ts'
import { foldTraffic } from './gateway/usage/fold-traffic.ts'
import { createHashUser } from './gateway/usage/hash-user.ts'
import type { LedgerDeps } from './gateway/usage/ledger-deps.ts'
import { tellAlerts } from './gateway/usage/tell-alerts.ts'
import type { AppDeps } from './http/deps.ts'
import { createRedact } from './huggingface/redact.ts'
import { createRouterClient } from './huggingface/router-client.ts'
import { createBodyRoom } from './isolate/body-room.ts'
import { createCatalogInUse } from './isolate/catalog-in-use.ts'
import { createBreakerMemory, createCircuitBreakers } from './isolate/circuit-breakers.ts'
import { createGuessBrake } from './isolate/guess-brake.ts'
import { createHedgeMemory, createHedgeShare } from './isolate/hedge-share.ts'
import { createLeaseMemory } from './isolate/leases.ts'
import { createSessionProviders } from './isolate/session-providers.ts'
import { createSignInMemory } from './isolate/sign-in-memory.ts'
import { createStreamTrust, createTrustMemory } from './isolate/stream-trust.ts'
import { createTrafficMemory, createTrafficStats } from './isolate/traffic-stats.ts'
import { createApiKeyMemory } from './kv/api-key-memory.ts'
import { type ApiKeyStore, createApiKeyStore } from './kv/api-key-store.ts'
import { type CatalogMemory, type CatalogStore, createCatalogStore } from './kv/catalog-store.ts'
import { createConfigMemory } from './kv/config-memory.ts'
import { createConfigStore } from './kv/config-store.ts'
import { limitTimes } from './kv/limit-times.ts'
import { createTrafficStore } from './kv/traffic-store.ts'
import { createTrustStore } from './kv/trust-store.ts'
import { createLedgerClient } from './objects/ledger-client.ts'
import type { Platform } from './platform.ts'
import { type Env, readSettings, requireSettings, type Settings } from './settings.ts'
import { createTelemetry } from './telemetry/telemetry.ts'

/** Puts the Worker together, once for an isolate: what it remembers between requests is plain data and lives here. */
export function compose(env: Env, { clock, random, newId, randomBytes, log, fetch }: Platform): AppDeps {
  const settings = readSettings(env)
  // Routes that need KV refuse before they touch a store, so a missing binding never gets this far.
  const kv = limitTimes(settings.kv ?? ({} as KVNamespace), clock)
  const { routerBaseUrl: baseUrl, routerToken: token, billTo } = settings
  const require = (...names: readonly string[]) => requireSettings(settings, names)
  const router = createRouterClient(fetch, { baseUrl, token, billTo })
  const configStore = createConfigStore(kv, createConfigMemory(), clock, log, randomBytes)
  const keyStore = createApiKeyStore(kv, createApiKeyMemory(), clock)
  const catalogMemory: CatalogMemory = {}
  const catalog = {
    store: createCatalogStore(kv, catalogMemory, clock),
    memory: catalogMemory,
    router,
    clock,
    log,
    readConfig: async () => (configStore.remembered() ?? (await configStore.latest())).config,
  }
  const keys = createKeyCheck({
    deploymentKey: settings.apiKey,
    adminToken: settings.adminToken,
    store: keyStore,
    brake: createGuessBrake(new Map(), clock),
    clock,
    log,
  })
  const telemetry = settings.otlp && createTelemetry({ fetch, randomBytes, clock, log }, settings.otlp)
  const catalogInUse = createCatalogInUse({})
  const { ledger, usage } = composeLedger(settings, keyStore, catalog, { clock, newId, log, fetch })
  const routing = composeRouting(kv, catalog, clock)
  return {
    requireSettings: require,
    settingProblems: [...settings.problems.values()],
    upstream: upstreamKind(baseUrl, token),
    clock,
    bodyRoom: createBodyRoom({ bytes: 0 }),
    newId,
    log,
    keys,
    sessions: composeSessions(settings, keys, { clock, randomBytes, log, fetch }),
    managedKeys: { store: keyStore, clock, randomBytes, hasLedger: usage.client.isBound },
    config: { store: configStore, clock, readModels: () => readModels(catalog.store) },
    usage,
    foldTraffic: async () => foldTraffic({ usage, store: routing.trafficStore }, await catalog.readConfig()),
    catalog,
    modelList: { catalog, inUse: catalogInUse, memory: {} },
    complete: {
      requireSettings: require,
      router,
      redact: createRedact(token),
      breakers: createCircuitBreakers(createBreakerMemory(), clock),
      trust: createStreamTrust(createTrustMemory(), clock),
      trustStore: createTrustStore(kv),
      ...routing,
      catalog,
      catalogInUse,
      clock,
      random,
      newId,
      log,
      telemetry,
      ledger,
    },
  }
}

type SessionPlatform = Pick<Platform, 'clock' | 'randomBytes' | 'log' | 'fetch'>

function composeSessions(
  { adminToken, access }: Settings,
  keys: KeyCheck,
  { clock, randomBytes, log, fetch }: SessionPlatform,
): SessionDeps {
  const memory = createSignInMemory(clock)
  const check = access && createAccessCheck({ settings: access, fetch, clock })
  return { adminToken, keys, memory, access: check, clock, randomBytes, log }
}

/** What routing remembers of providers and conversations. */
function composeRouting(kv: KVNamespace, catalog: CatalogDeps, clock: Clock) {
  return {
    currentModels: (ctx: Parameters<typeof currentModels>[1]) => currentModels(catalog, ctx),
    trafficStore: createTrafficStore(kv, clock),
    traffic: createTrafficStats(createTrafficMemory(), clock),
    sessionProviders: createSessionProviders(new Map(), clock),
    hedgeShare: createHedgeShare(createHedgeMemory(), clock),
    routeMemory: {},
  }
}

async function readModels(store: CatalogStore) {
  return (store.remembered() ?? (await store.read()))?.models
}

type LedgerPlatform = Pick<Platform, 'clock' | 'newId' | 'log' | 'fetch'>

function composeLedger(
  settings: Settings,
  store: ApiKeyStore,
  catalog: CatalogDeps,
  { clock, newId, log, fetch }: LedgerPlatform,
): { readonly ledger: LedgerDeps; readonly usage: AppDeps['usage'] } {
  const client = createLedgerClient(settings.projects, settings.ledgerLocation, clock, log)
  const alerts = { log, clock, fetch, alertsUrl: settings.alertsUrl }
  const ledger: LedgerDeps = {
    client,
    leases: createLeaseMemory(),
    clock,
    newId,
    log,
    exchange: client.exchange,
    tellAlerts: (project, told) => tellAlerts(alerts, project, told),
    hashUser: createHashUser(settings.adminToken),
    readModels: (ctx) => currentModels(catalog, ctx),
    memory: { reads: new Map() },
  }
  return { ledger, usage: { client, keys: { store }, clock, memory: { told: new Map() } } }
}
