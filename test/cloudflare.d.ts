/** What `import { env } from 'cloudflare:workers'` holds in the tests that run in workerd (wrangler.toml binds it). */
declare namespace Cloudflare {
  interface Env {
    HUGWAY_KV: KVNamespace
    HUGWAY_PROJECTS: DurableObjectNamespace<import('../src/objects/project-ledger.ts').ProjectLedger>
  }
}
