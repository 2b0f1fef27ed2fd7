import { explainWhatIf } from '../../gateway/config/what-if.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { readWhatIf } from '../../wire/admin/what-if.ts'
import { type App, type AppDeps, contextOf, NO_STORE, refuseOtherMethods } from '../deps.ts'
import { readJson } from '../read-json.ts'

const PATH = '/admin/config/what-if'
/** A document of the largest size, written as a text of JSON, which may double it. */
const MAX_BYTES = 2 * 1024 * 1024

/** `POST /admin/config/what-if`: whom a request would go to by a document that is not stored. */
export function serveWhatIf(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => {
    const request = unwrap(readWhatIf(await readJson(c.req.raw, deps.clock, MAX_BYTES)))
    return Response.json(await explainWhatIf(deps.complete, request, contextOf(c)), { headers: NO_STORE })
  })
  refuseOtherMethods(app, PATH, ['POST'])
}
