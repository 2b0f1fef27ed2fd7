import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build-bundle.ts'

/**
 * A configuration for `workerd serve`: the Worker under the date and the flags that it is deployed with, on a free port.
 *
 * @param bindings Text bindings by name.
 * @param kvPort Where a server speaks workerd's KV protocol.
 * @param objectsPath A directory for what Durable Objects keep; without one there is no binding for them.
 * @param others Isolates beside the first, each on a port of its own, that share its objects.
 */
export function workerdConfig(
  bindings: Readonly<Record<string, string>>,
  kvPort: number,
  objectsPath?: string,
  others = 0,
): string {
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)?.[1]
  const flags = /^compatibility_flags\s*=\s*(\[[^\]]*\])/m.exec(toml)?.[1] ?? '[]'
  if (!date) throw new Error('wrangler.toml has no compatibility_date')
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${quote(text)})`)
  const projects =
    objectsPath === undefined ? [] : ['(name = "HUGWAY_PROJECTS", durableObjectNamespace = "ProjectLedger")']
  const common = [...texts, '(name = "HUGWAY_KV", kvNamespace = "kv")']
  const all = [...common, ...projects]
  const shared = [
    ...common,
    '(name = "HUGWAY_PROJECTS", durableObjectNamespace = (className = "ProjectLedger", serviceName = "main"))',
  ]
  const names = Array.from({ length: others }, (_, index) => `other${index}`)
  const code = `modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${date}",
  compatibilityFlags = ${flags},`
  const disk =
    objectsPath === undefined ? '' : `(name = "objects", disk = (path = ${quote(objectsPath)}, writable = true)),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${names.map((name) => `(name = "${name}", worker = .other),`).join('\n    ')}
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
  ${objectsPath === undefined ? '' : OBJECTS}
);
const other :Workerd.Worker = (
  ${code}
  bindings = [${shared.join(', ')}],
  globalOutbound = "internet",
);
`
}

const OBJECTS = `durableObjectNamespaces = [(className = "ProjectLedger", uniqueKey = "projects", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`
}
