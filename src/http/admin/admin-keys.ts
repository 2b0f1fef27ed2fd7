import { changeKey, createKey, revokeKey, rotateKey } from '../../gateway/keys/manage-keys.ts'
import { reportKeys } from '../../gateway/keys/report-keys.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { readChangeKey, readNewKey, readRotateKey } from '../../wire/admin/admin-requests.ts'
import { type App, type AppDeps, NO_STORE, refuseOtherMethods } from '../deps.ts'
import { readJson } from '../read-json.ts'

const PATH = '/admin/keys'

/** The client keys under `/admin/keys`: a key is in the answer that made it and in no other. */
export function serveAdminKeys(app: App, { managedKeys: deps, usage, clock }: AppDeps): void {
  app.get(PATH, async (c) => {
    const keys = await reportKeys({ keys: deps, client: usage.client }, c.var.config)
    return Response.json({ keys }, { headers: NO_STORE })
  })
  app.post(PATH, async (c) => {
    const request = unwrap(readNewKey(await readJson(c.req.raw, clock)))
    return Response.json(await createKey(deps, request, c.var.config), { status: 201, headers: NO_STORE })
  })
  refuseOtherMethods(app, PATH, ['GET', 'POST'])
  app.delete(`${PATH}/:id`, async (c) => Response.json(await revokeKey(deps, c.req.param('id')), { headers: NO_STORE }))
  app.patch(`${PATH}/:id`, async (c) => {
    const request = unwrap(readChangeKey(await readJson(c.req.raw, clock)))
    const changed = await changeKey(deps, c.req.param('id'), request, c.var.config)
    return Response.json(changed, { headers: NO_STORE })
  })
  refuseOtherMethods(app, `${PATH}/:id`, ['PATCH', 'DELETE'])
  app.post(`${PATH}/:id/rotate`, async (c) => {
    const request = unwrap(readRotateKey(await readJson(c.req.raw, clock)))
    return Response.json(await rotateKey(deps, c.req.param('id'), request), { status: 201, headers: NO_STORE })
  })
  refuseOtherMethods(app, `${PATH}/:id/rotate`, ['POST'])
}
