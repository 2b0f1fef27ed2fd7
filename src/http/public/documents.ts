import openApi from '../../../openapi.json'
import configSchema from '../../../schema/config.json'
import { type App, refuseOtherMethods } from '../deps.ts'

/** `GET /schema/config.json` and `GET /openapi.json`, without a key: what may be sent, for editors and generators. */
export function serveDocuments(app: App): void {
  serve(app, '/schema/config.json', configSchema)
  serve(app, '/openapi.json', openApi)
}

function serve(app: App, path: string, document: object): void {
  // Editors in the browser fetch these from anywhere.
  const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  app.get(path, () => Response.json(document, { headers }))
  refuseOtherMethods(app, path, ['GET'])
}
