import type { Context } from 'hono'
import { GatewayError } from '../../core/failure.ts'
import { getModel, listModels } from '../../gateway/catalog/list-models.ts'
import { currentModels } from '../../gateway/catalog/refresh-catalog.ts'
import { type App, type AppDeps, type AppEnv, contextOf, refuseOtherMethods } from '../deps.ts'

const PATH = '/v1/models'

/** `GET /v1/models` and `GET /v1/models/<ref or alias>`, whose slashes may be raw or encoded. */
export function serveModels(app: App, deps: AppDeps): void {
  const current = async (c: Context<AppEnv>) => {
    deps.requireSettings('HF_BASE_URL')
    const { config } = c.var
    const { store } = deps.catalog
    // A list that the configuration replaces does not wait for the router's; what is known of its models stays in use.
    const isOwnList = config.mode === 'replace'
    const models = isOwnList ? store.remembered()?.models : await currentModels(deps.catalog, contextOf(c))
    return { config, served: await listModels(deps.modelList, config, models) }
  }
  const list = async (c: Context<AppEnv>) => {
    const { served } = await current(c)
    const headers = { etag: served.etag, 'cache-control': 'private, no-cache' }
    if (isKnownTag(c.req.header('if-none-match'), served.etag)) return new Response(null, { status: 304, headers })
    return new Response(served.text, { headers: { ...headers, 'content-type': 'application/json' } })
  }
  app.get(PATH, list)
  refuseOtherMethods(app, PATH, ['GET'])
  app.get(`${PATH}/*`, async (c) => {
    const name = decodeName(new URL(c.req.url).pathname.slice(PATH.length + 1))
    if (name === '') return list(c) // some clients end every path with a slash
    const { config, served } = await current(c)
    return Response.json(getModel(served.catalog, config, name))
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

/** Weak comparison over a list of tags (RFC 9110, 13.1.2): compression in between makes a tag weak. */
function isKnownTag(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags !== undefined && (tags.includes(etag) || tags.includes('*'))
}
