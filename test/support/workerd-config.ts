import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build-bundle.ts'

/**
 * A configuration for `workerd serve`: the Worker under the date and the flags that it is deployed with, on a free port.
 *
 * @param bindings Text bindings by name.
 * @param kvPort Where a server speaks workerd's KV protocol.
 * @param objectsPath A directory for what Durable Objects keep; without one there is no binding for them.
 * @param others Isolates beside the first, each on a port of its own, that share its objects.
 * @param ledgerFile A module beside the Worker's whose class `ProjectLedger` the objects are, instead of the Worker's own,
 *   which it may import from `./worker.js`.
 */
export function workerdConfig(
  bindings: Readonly<Record<string, string>>,
  kvPort: number,
  objectsPath?: string,
  others = 0,
  ledgerFile?: string,
): string {
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)?.[1]
  const flags = /^compatibility_flags\s*=\s*(\[[^\]]*\])/m.exec(toml)?.[1] ?? '[]'
  if (!date) throw new Error('wrangler.toml has no compatibility_date')
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${quote(text)})`)
  const common = [...texts, '(name = "HUGWAY_KV", kvNamespace = "kv")']
  const owner = ledgerFile === undefined ? 'main' : 'ledger'
  const projects = `(name = "HUGWAY_PROJECTS", durableObjectNamespace = (className = "ProjectLedger", serviceName = "${owner}"))`
  const all = objectsPath === undefined ? common : [...common, projects]
  const names = Array.from({ length: others }, (_, index) => `other${index}`)
  const codeOf = (
    ...files: readonly string[]
  ) => `modules = [${files.map((file) => `(name = "${file}", esModule = embed "${file}")`).join(', ')}],
  compatibilityDate = "${date}",
  compatibilityFlags = ${flags},`
  const code = codeOf('worker.js')
  const objectsOf = (service: string) => (objectsPath !== undefined && service === owner ? OBJECTS : '')
  const disk =
    objectsPath === undefined ? '' : `(name = "objects", disk = (path = ${quote(objectsPath)}, writable = true)),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${names.map((name) => `(name = "${name}", worker = .other),`).join('\n    ')}
    ${ledgerFile === undefined ? '' : '(name = "ledger", worker = .ledger),'}
    (name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ())),
    ${disk}
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    ${names.map((name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}"),`).join('\n    ')}
  ],
);
const worker :Workerd.Worker = (
  ${code}
  bindings = [${all.join(', ')}],
  globalOutbound = "internet",
  ${objectsOf('main')}
);
const other :Workerd.Worker = (
  ${code}
  bindings = [${all.join(', ')}],
  globalOutbound = "internet",
);
const ledger :Workerd.Worker = (
  ${ledgerFile === undefined ? code : codeOf(ledgerFile, 'worker.js')}
  ${objectsOf('ledger')}
);
`
}

/**
 * Compiles a configuration, as wrangler and miniflare hand theirs to workerd: reading one as text takes a start some 4 ms of
 * CPU for a bundle of 400 KB, which no deployment pays.
 *
 * @returns The arguments by which workerd serves it.
 */
export function compileConfig(workerdPath: string, file: string): readonly string[] {
  const compiled = `${file}.bin`
  writeFileSync(
    compiled,
    execFileSync(workerdPath, ['compile', '--config-only', file], { maxBuffer: 64 * 1024 * 1024 }),
  )
  return ['serve', '--control-fd=3', '--binary', compiled]
}

const OBJECTS = `durableObjectNamespaces = [(className = "ProjectLedger", uniqueKey = "projects", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`
}
