// Before all else for the size's sake: gzip looks back 32 KiB, and these texts would stand between code and its like.
import './http/routes/documents.ts'
import type { Clock } from './core/clock.ts'
import type { Log } from './core/log.ts'
import { createKeyCheck } from './gateway/check-key.ts'
import { createDialectBoard } from './gateway/dialect-board.ts'
import { refreshCatalog } from './gateway/refresh-catalog.ts'
import { createTargetBoard } from './gateway/target-board.ts'
import { createApp } from './http/app.ts'
import type { App, AppTools } from './http/tools.ts'
import { createRouterClient } from './huggingface/router-client.ts'
import { createApiKeyMemory, createApiKeyStore } from './kv/api-key-store.ts'
import { type CatalogMemory, createCatalogStore } from './kv/catalog-store.ts'
import { createConfigMemory, createConfigStore } from './kv/config-store.ts'
import { type Env, readSettings, requireSettings } from './settings.ts'

const clock: Clock = {
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
}

const random = () => Math.random()
const newId = () => crypto.randomUUID()
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
const log: Log = (event, fields) => console.log(JSON.stringify({ event, ...fields }))

/** What the isolate remembers between requests: plain data, never a promise that another request would wait for. */
const memory = {
  config: createConfigMemory(),
  catalog: {} as CatalogMemory,
  apiKeys: createApiKeyMemory(),
  targets: new Map(),
  dialects: new Map(),
  list: {},
}

function createTools(env: Env): AppTools {
  const settings = readSettings(env)
  // Routes that need KV refuse before they touch a store, so a missing binding never gets this far.
  const kv = settings.kv ?? ({} as KVNamespace)
  const { routerBaseUrl: baseUrl, routerToken: token, billTo } = settings
  const router = createRouterClient((input, init) => fetch(input, init), { baseUrl, token, billTo })
  const configStore = createConfigStore(kv, memory.config, clock, log, randomBytes)
  const keyStore = createApiKeyStore(kv, memory.apiKeys, clock)
  const catalog = {
    store: createCatalogStore(kv, memory.catalog, clock),
    memory: memory.catalog,
    router,
    clock,
    log,
    readConfig: async () => (configStore.remembered() ?? (await configStore.latest())).config,
  }
  const dialects = createDialectBoard(memory.dialects)
  return {
    requireSettings: (...names) => requireSettings(settings, names),
    settingProblems: [...settings.problems.values()],
    clock,
    newId,
    log,
    keys: createKeyCheck({
      deploymentKey: settings.apiKey,
      adminToken: settings.adminToken,
      store: keyStore,
    }),
    managedKeys: { store: keyStore, clock, randomBytes },
    config: { store: configStore, clock },
    catalog,
    listMemory: memory.list,
    chat: { router, board: createTargetBoard(memory.targets, clock), catalog, clock, random, newId, log, dialects },
  }
}

/** An isolate has one `env`; the app is made once for it, not once a request. */
const apps = new WeakMap<Env, { readonly tools: AppTools; readonly app: App }>()

function appOf(env: Env): { readonly tools: AppTools; readonly app: App } {
  const known = apps.get(env)
  if (known) return known
  const tools = createTools(env)
  const made = { tools, app: createApp(tools) }
  apps.set(env, made)
  return made
}

export default {
  fetch: (request, env, ctx) => appOf(env).app.fetch(request, env, ctx),
  /** Keeps the catalog fresh, so that no caller waits for the router, and the last good configuration at hand. */
  async scheduled(_event, env) {
    const { tools } = appOf(env)
    tools.requireSettings('HUGWAY_KV', 'HF_BASE_URL')
    await Promise.all([refreshCatalog(tools.catalog), tools.config.store.keepLastGood()])
  },
} satisfies ExportedHandler<Env>
