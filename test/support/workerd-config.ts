import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build-bundle.ts'

/**
 * A configuration for `workerd serve`: the Worker under the date and the flags that it is deployed with, on a free port.
 *
 * @param bindings Text bindings by name.
 * @param kvPort Where a server speaks workerd's KV protocol.
 * @param objectsPath A directory for what Durable Objects keep; without one there is no binding for them.
 */
export function workerdConfig(
  bindings: Readonly<Record<string, string>>,
  kvPort: number,
  objectsPath?: string,
): string {
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)?.[1]
  const flags = /^compatibility_flags\s*=\s*(\[[^\]]*\])/m.exec(toml)?.[1] ?? '[]'
  if (!date) throw new Error('wrangler.toml has no compatibility_date')
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${quote(text)})`)
  const projects =
    objectsPath === undefined ? [] : ['(name = "HUGWAY_PROJECTS", durableObjectNamespace = "ProjectLedger")']
  const all = [...texts, '(name = "HUGWAY_KV", kvNamespace = "kv")', ...projects]
  const disk =
    objectsPath === undefined ? '' : `(name = "objects", disk = (path = ${quote(objectsPath)}, writable = true)),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ())),
    ${disk}
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${date}",
  compatibilityFlags = ${flags},
  bindings = [${all.join(', ')}],
  globalOutbound = "internet",
  ${objectsPath === undefined ? '' : OBJECTS}
);
`
}

const OBJECTS = `durableObjectNamespaces = [(className = "ProjectLedger", uniqueKey = "projects", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`
}
