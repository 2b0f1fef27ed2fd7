import type { Context } from 'hono'
import type { Clock } from '../../core/clock.ts'
import { GatewayError, type Problem } from '../../core/failure.ts'
import { getVersion, listVersions, rollBackConfig } from '../../gateway/config/config-history.ts'
import {
  type ConfigState,
  type EditOptions,
  latestConfig,
  patchConfig,
  replaceConfig,
  validateConfig,
  warningsOf,
} from '../../gateway/config/edit-config.ts'
import { replayConfig } from '../../gateway/config/replay-config.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { readRollback } from '../../wire/admin/admin-requests.ts'
import { type App, type AppDeps, type AppEnv, CONFIG_HEADER, contextOf, refuseOtherMethods } from '../deps.ts'
import { readTags } from '../entity-tags.ts'
import { readBody } from '../read-body.ts'
import { readJson } from '../read-json.ts'

const PATH = '/admin/config'
/** The media type under which a document is read as it was written, JSON5 and comments included. */
const AS_WRITTEN = 'application/json5'
const MAX_CONFIG_BYTES = 1024 * 1024
const PATCH_TYPES = ['application/merge-patch+json', 'application/json']
const DEFAULT_VERSIONS = 20
const MAX_VERSIONS = 100
/** Requests, the latest, that a draft is replayed over. */
const DEFAULT_REPLAYED = 200
const MAX_REPLAYED = 1_000
/** There is one credential for `/admin`. */
const AUTHOR = 'admin token'

/** The configuration under `/admin/config`, its check and its history. */
export function serveAdminConfig(app: App, { config, clock, complete, usage }: AppDeps): void {
  const replay = { route: complete, usage }
  const written = async (state: ConfigState) => toResponse(state, await warningsOf(config, state))
  app.get(PATH, async (c) => {
    const state = await latestConfig(config)
    return c.req.header('accept')?.includes(AS_WRITTEN) ? toTextResponse(state) : toResponse(state)
  })
  app.put(PATH, async (c) => written(await replaceConfig(config, await readDocument(c, clock), editOptionsOf(c))))
  app.patch(PATH, async (c) => {
    requireType(c, PATCH_TYPES)
    return written(await patchConfig(config, await readDocument(c, clock), editOptionsOf(c)))
  })
  refuseOtherMethods(app, PATH, ['GET', 'PUT', 'PATCH'])
  app.post(`${PATH}/validate`, async (c) => {
    const text = await readDocument(c, clock)
    const warnings = await validateConfig(config, text)
    if (c.req.query('replay') !== '1') return Response.json({ valid: true, warnings })
    const last = readCount(c, 'last', DEFAULT_REPLAYED, MAX_REPLAYED)
    return Response.json({ valid: true, warnings, replay: await replayConfig(replay, text, last, contextOf(c)) })
  })
  refuseOtherMethods(app, `${PATH}/validate`, ['POST'])
  app.get(`${PATH}/versions`, async (c) => {
    const before = c.req.query('before')
    return Response.json(await listVersions(config, readCount(c, 'limit', DEFAULT_VERSIONS, MAX_VERSIONS), before))
  })
  refuseOtherMethods(app, `${PATH}/versions`, ['GET'])
  app.get(`${PATH}/versions/:id`, async (c) => Response.json(await getVersion(config, c.req.param('id'))))
  refuseOtherMethods(app, `${PATH}/versions/:id`, ['GET'])
  app.post(`${PATH}/rollback`, async (c) => {
    const { to } = unwrap(readRollback(await readJson(c.req.raw, clock)))
    return written(await rollBackConfig(config, to, editOptionsOf(c)))
  })
  refuseOtherMethods(app, `${PATH}/rollback`, ['POST'])
}

/**
 * The document alone is the body, so that it can be put back; where it came from stands in headers. Beside it stand the
 * warnings of a write, where there are any.
 */
function toResponse(state: ConfigState, warnings: readonly Problem[] = []): Response {
  const body = warnings.length > 0 ? { ...state.document, warnings } : state.document
  return new Response(`${JSON.stringify(body, null, 2)}\n`, { headers: headersOf(state, 'application/json') })
}

/** The document as it was written, comments and all: what an editor needs. */
function toTextResponse(state: ConfigState): Response {
  return new Response(state.text, { headers: headersOf(state, `${AS_WRITTEN}; charset=utf-8`) })
}

function headersOf({ source, problem, version, tag }: ConfigState, type: string): Headers {
  const headers = new Headers({
    'content-type': type,
    'cache-control': 'no-store',
    etag: `"${tag}"`,
    [CONFIG_HEADER]: version,
    'x-hugway-config-source': source,
  })
  if (problem) headers.set('x-hugway-config-problem', problem.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 1_000))
  return headers
}

async function readDocument(c: Context<AppEnv>, clock: Clock): Promise<string> {
  return new TextDecoder().decode(await readBody(c.req.raw, MAX_CONFIG_BYTES, clock))
}

function editOptionsOf(c: Context<AppEnv>): EditOptions {
  return { author: AUTHOR, ifMatch: readTags(c.req.header('if-match')) }
}

function requireType(c: Context<AppEnv>, accepted: readonly string[]): void {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!accepted.includes(type)) throw new GatewayError({ kind: 'unsupported_media_type', accepted })
}

/** A count in the query. */
function readCount(c: Context<AppEnv>, name: string, usual: number, most: number): number {
  const text = c.req.query(name) ?? String(usual)
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= most) return count
  throw new GatewayError({ kind: 'bad_request', message: `${name} must be from 1 to ${most}.`, param: name })
}
