import { createKey, listKeys, revokeKey, rotateKey } from '../../gateway/keys/manage-keys.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { readNewKey, readRotateKey } from '../../wire/admin/admin-requests.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { readJson } from '../read-json.ts'

const PATH = '/admin/keys'
/** No copy of a key is to stay anywhere on its way. */
const NO_STORE = { 'cache-control': 'no-store' }

/** The client keys under `/admin/keys`: a key is in the answer that made it and in no other. */
export function serveAdminKeys(app: App, { managedKeys: deps, clock }: AppDeps): void {
  app.get(PATH, async () => Response.json({ keys: await listKeys(deps) }, { headers: NO_STORE }))
  app.post(PATH, async (c) => {
    const request = unwrap(readNewKey(await readJson(c.req.raw, clock)))
    return Response.json(await createKey(deps, request), { status: 201, headers: NO_STORE })
  })
  refuseOtherMethods(app, PATH, ['GET', 'POST'])
  app.delete(`${PATH}/:id`, async (c) => Response.json(await revokeKey(deps, c.req.param('id')), { headers: NO_STORE }))
  refuseOtherMethods(app, `${PATH}/:id`, ['DELETE'])
  app.post(`${PATH}/:id/rotate`, async (c) => {
    const request = unwrap(readRotateKey(await readJson(c.req.raw, clock)))
    return Response.json(await rotateKey(deps, c.req.param('id'), request), { status: 201, headers: NO_STORE })
  })
  refuseOtherMethods(app, `${PATH}/:id/rotate`, ['POST'])
}
