import { existsSync, readFileSync } from 'node:fs'
import { warnOfConfig } from '../../core/catalog/config-warnings.ts'
import { parseConfig } from '../../core/config/config.ts'
import type { Problem } from '../../core/failure.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import type { Arguments, FlagSpec } from '../flags.ts'
import { findProject, type Project, requireProject, resolveFile } from '../project.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { fetchModels, findRouterUrl } from '../worker/router-access.ts'
import { findWorker, isRunning, namedUrl, WORKER_FLAGS } from '../worker/worker-access.ts'
import { type KvAccess, localKv, readKvConfig, writeKvConfig } from '../wrangler/local-kv.ts'
import { createWrangler } from '../wrangler/wrangler.ts'

/** A document as it was read. `tag` names it, so that a write can say what it replaces. */
export type Reading = { readonly text: string | undefined; readonly tag?: string }

/** Where a configuration document is kept. */
export type ConfigPlace = {
  /** For a person: `the file hugway.json5`, `local KV`, the Worker's URL. */
  readonly name: string
  /** Only a Worker keeps a history. */
  readonly admin?: AdminClient
  read(): Promise<Reading>
  /** Replaces what `before` had read. @throws {CommandError} When it was changed in between, or not written. */
  write(text: string, before: Reading): Promise<void>
  /** What is right in a good document and will surprise somebody. Throws where nobody could be asked. */
  warningsOf(text: string): Promise<readonly Problem[]>
}

/** Nobody waits long for a remark. */
const LIST_LIMIT_MS = 3_000

/** The flags that choose a place. */
export const PLACE_FLAGS: Readonly<Record<string, FlagSpec>> = {
  file: { kind: 'text', value: 'FILE', help: 'a document in a file' },
  ...WORKER_FLAGS,
}

/** Where a command works: `--file`, `--url` or `--team`, else the Worker that `npm start` runs, else its KV. */
export async function choosePlace(args: Arguments, project: Project | undefined): Promise<ConfigPlace> {
  const file = args.text('file')
  if (file !== undefined) return filePlace(resolveFile(file), file)
  const access = findWorker(args, project)
  const isNamed = namedUrl(args) !== undefined || args.text('team') !== undefined
  if (isNamed || (access.adminToken !== undefined && (await isRunning(access.url)))) {
    return workerPlace(createAdminClient(access))
  }
  const checkout = requireProject(project)
  return kvPlace(`the local KV in ${checkout.stateDirectory}`, localKv(checkout, createWrangler(checkout.root)))
}

/** @param name How the person named it. */
function filePlace(path: string, name: string): ConfigPlace {
  return {
    name: `the file ${name}`,
    read: async () => ({ text: existsSync(path) ? readFileSync(path, 'utf8') : undefined }),
    write: async (text) => writeAtomically(path, text),
    warningsOf: warningsByRouter,
  }
}

/** A namespace that is reached by wrangler. */
export function kvPlace(name: string, access: KvAccess): ConfigPlace {
  return {
    name,
    read: async () => ({ text: await readKvConfig(access) }),
    write: (text) => writeKvConfig(access, text),
    warningsOf: warningsByRouter,
  }
}

/** Holds a document against the router's own list, which anybody may read: no Worker stands in between. */
async function warningsByRouter(text: string): Promise<readonly Problem[]> {
  const loaded = parseConfig(text)
  if (!loaded.ok) return []
  const listed = await fetchModels(findRouterUrl(findProject()), undefined, LIST_LIMIT_MS)
  return warnOfConfig(loaded.value, listed.ok ? listed.value.models : undefined)
}

/** A Worker that runs. */
export function workerPlace(admin: AdminClient): ConfigPlace {
  return {
    name: admin.url,
    admin,
    async read() {
      // As it was written: a Worker of an earlier version answers with JSON, which is a document as well.
      const { text, headers } = await admin.request('GET', '/config', undefined, { accept: 'application/json5' })
      const tag = headers.get('etag') ?? undefined
      const isNone = headers.get('x-hugway-config-source') === 'built_in' && text.trim() === '{}'
      return { text: isNone ? undefined : text, ...(tag && { tag }) }
    },
    async write(text, { tag }) {
      await admin.request('PUT', '/config', text, tag === undefined ? {} : { 'if-match': tag })
    },
    async warningsOf(text) {
      const { body } = await admin.request('POST', '/config/validate', text)
      return listOf(fieldOf(body, 'warnings')).map((one) => one as Problem)
    },
  }
}
