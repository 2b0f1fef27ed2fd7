import type { Context } from 'hono'
import { GatewayError } from '../../core/failure.ts'
import { getModel, listModelsFor } from '../../gateway/catalog/list-models.ts'
import { toMessagesModel, toMessagesModelList } from '../../wire/messages/models.ts'
import { type App, type AppDeps, type AppEnv, contextOf, refuseOtherMethods } from '../deps.ts'
import { readTags } from '../entity-tags.ts'

const PATH = '/v1/models'

/**
 * `GET /v1/models` and `GET /v1/models/<ref or alias>`, whose slashes may be raw or encoded. A client that names a version
 * of Anthropic's API gets Anthropic's shape.
 */
export function serveModels(app: App, deps: AppDeps): void {
  const list = async (c: Context<AppEnv>) => {
    deps.requireSettings('HF_BASE_URL')
    const { etag, text, catalog } = await listModelsFor(deps.modelList, contextOf(c))
    if (wantsMessages(c)) return Response.json(toMessagesModelList(catalog.rows), { headers: SHARED_HEADERS })
    const headers = { ...SHARED_HEADERS, etag }
    const tags = readTags(c.req.header('if-none-match'))
    if (tags?.some((tag) => tag === '*' || `"${tag}"` === etag)) return new Response(null, { status: 304, headers })
    return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } })
  }
  app.get(PATH, list)
  refuseOtherMethods(app, PATH, ['GET'])
  app.get(`${PATH}/*`, async (c) => {
    const name = decodeName(c.req.path.slice(PATH.length + 1))
    if (name === '') return list(c) // some clients end every path with a slash
    deps.requireSettings('HF_BASE_URL')
    const row = await getModel(deps.modelList, name, contextOf(c))
    return Response.json(wantsMessages(c) ? toMessagesModel(row) : row)
  })
  refuseOtherMethods(app, `${PATH}/*`, ['GET'])
}

const SHARED_HEADERS = { 'cache-control': 'private, no-cache', vary: 'anthropic-version' }
const wantsMessages = (c: Context) => c.req.header('anthropic-version') !== undefined

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    const message = 'The path holds a % that does not begin an encoded character.'
    throw new GatewayError({ kind: 'bad_request', message, param: 'model' }, { cause })
  }
}
