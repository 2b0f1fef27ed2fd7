import { type App, refuseOtherMethods } from '../deps.ts'

/**
 * `GET /schema/config.json` and `GET /openapi.json`, without a key: what may be sent, for editors and generators. They are
 * imported when they are asked for: 60 KB of JSON would else become objects in each isolate that starts.
 */
export function serveDocuments(app: App): void {
  serve(app, '/schema/config.json', () => import('../../../schema/config.json'))
  serve(app, '/openapi.json', () => import('../../../openapi.json'))
}

function serve(app: App, path: string, load: () => Promise<{ readonly default: object }>): void {
  // Editors in the browser fetch these from anywhere.
  const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  app.get(path, async () => Response.json((await load()).default, { headers }))
  refuseOtherMethods(app, path, ['GET'])
}
