import type { Context } from 'hono'
import { GatewayError } from '../../core/failure.ts'
import { getModel, listModels } from '../../gateway/catalog/list-models.ts'
import { type App, type AppDeps, type AppEnv, contextOf, refuseOtherMethods } from '../deps.ts'
import { readTags } from '../entity-tags.ts'

const PATH = '/v1/models'

/** `GET /v1/models` and `GET /v1/models/<ref or alias>`, whose slashes may be raw or encoded. */
export function serveModels(app: App, deps: AppDeps): void {
  const list = async (c: Context<AppEnv>) => {
    deps.requireSettings('HF_BASE_URL')
    const { etag, text } = await listModels(deps.modelList, contextOf(c))
    const headers = { etag, 'cache-control': 'private, no-cache' }
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
    return Response.json(await getModel(deps.modelList, name, contextOf(c)))
  })
  refuseOtherMethods(app, `${PATH}/*`, ['GET'])
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    const message = 'The path holds a % that does not begin an encoded character.'
    throw new GatewayError({ kind: 'bad_request', message, param: 'model' }, { cause })
  }
}
