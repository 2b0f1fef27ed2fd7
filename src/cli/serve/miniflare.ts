import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { readToml } from '../wrangler/toml-text.ts'

/** What is served, and with what. Paths are absolute. */
export type RuntimeOptions = {
  /** The checkout: its wrangler.toml says which bindings there are, and miniflare comes with its wrangler. */
  readonly root: string
  /** The text of `wrangler.toml`. */
  readonly toml: string
  readonly bundle: string
  readonly host: string
  readonly port: number
  readonly dataDirectory: string
  readonly vars: Readonly<Record<string, string>>
}

/** A Worker that runs. */
export type Runtime = {
  /** Does once what the cron trigger does. */
  fireScheduled(): Promise<void>
  stop(): Promise<void>
}

/** The part of miniflare that is used here. */
type Miniflare = {
  readonly ready: Promise<URL>
  getWorker(): Promise<{ scheduled(event: { readonly cron: string }): Promise<unknown> }>
  dispose(): Promise<void>
}
type MiniflareModule = {
  readonly Miniflare: new (options: unknown) => Miniflare
  /** Its newer options are not documented yet; these are, and wrangler itself goes this way. */
  convertV4MiniflareOptions(options: unknown): unknown
}

/** Starts the bundle under workerd, as wrangler would, with what it keeps in a directory. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { root, bundle, host, port, dataDirectory, vars } = options
  const config = readToml(options.toml).value
  const { Miniflare, convertV4MiniflareOptions } = loadMiniflare(root)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port,
      resourcePersistencePath: dataDirectory,
      cf: false, // its place on earth would be fetched from Cloudflare
      telemetry: { enabled: false },
      name: 'hugway',
      modules: true,
      scriptPath: bundle,
      modulesRoot: dirname(bundle),
      compatibilityDate: config['compatibility_date'],
      compatibilityFlags: config['compatibility_flags'],
      bindings: { ...Object(config['vars']), ...vars },
      kvNamespaces: kvOf(config),
      durableObjects: objectsOf(config),
      ...assetsOf(config, root),
    }),
  )
  try {
    await miniflare.ready
  } catch (cause) {
    await miniflare.dispose().catch(() => {})
    throw cause
  }
  const cron = String(listOf(fieldOf(config['triggers'], 'crons'))[0])
  return {
    fireScheduled: async () => void (await (await miniflare.getWorker()).scheduled({ cron })),
    stop: () => miniflare.dispose(),
  }
}

/** The one that this wrangler was made with: an other one could bring another workerd. */
function loadMiniflare(root: string): MiniflareModule {
  const require = createRequire(join(root, 'node_modules/wrangler/package.json'))
  return require('miniflare')
}

type Config = Readonly<Record<string, unknown>>

/** By names that stay the same, whatever ids wrangler.toml has: they name files in the data directory. */
function kvOf(config: Config): Readonly<Record<string, string>> {
  const names = listOf(config['kv_namespaces']).map((one) => String(fieldOf(one, 'binding')))
  return Object.fromEntries(names.map((name) => [name, name]))
}

function objectsOf(config: Config) {
  const bindings = listOf(fieldOf(config['durable_objects'], 'bindings'))
  return Object.fromEntries(
    bindings.map((binding) => {
      const className = String(fieldOf(binding, 'class_name'))
      const storage = fieldOf(fieldOf(config['exports'], className), 'storage')
      return [String(fieldOf(binding, 'name')), { className, useSQLite: storage === 'sqlite' }]
    }),
  )
}

function assetsOf(config: Config, root: string) {
  const directory = fieldOf(config['assets'], 'directory')
  if (typeof directory !== 'string') return {}
  return { assets: { directory: join(root, directory), routerConfig: { has_user_worker: true } } }
}
