import { type ConfigState, currentConfig, replaceConfig } from '../../gateway/edit-config.ts'
import { readBody } from '../read-body.ts'
import { type App, type AppTools, laterOf, refuseOtherMethods } from '../tools.ts'

const MAX_CONFIG_BYTES = 1024 * 1024

/** `/admin/config` and `/admin/targets`; the admin token was checked before. */
export function serveAdmin(app: App, { config, chat }: AppTools): void {
  app.get('/admin/config', async (c) => toResponse(await currentConfig(config, laterOf(c))))
  app.put('/admin/config', async (c) => {
    const text = new TextDecoder().decode(await readBody(c.req.raw, MAX_CONFIG_BYTES))
    return toResponse(await replaceConfig(config, text))
  })
  refuseOtherMethods(app, '/admin/config', ['GET', 'PUT'])
  app.get('/admin/targets', () => Response.json({ targets: chat.board.report() }))
  refuseOtherMethods(app, '/admin/targets', ['GET'])
}

/** The document alone is the body, so that it can be put back; where it came from stands in headers. */
function toResponse({ document, source, problem }: ConfigState): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'x-hugway-config-source': source })
  if (problem) headers.set('x-hugway-config-problem', problem.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 1_000))
  return new Response(`${JSON.stringify(document, null, 2)}\n`, { headers })
}
