import { refreshNow, reportCatalog, reportDrift } from '../../gateway/catalog/report-catalog.ts'
import { latestConfig } from '../../gateway/config/edit-config.ts'
import { type App, type AppDeps, NO_STORE, refuseOtherMethods } from '../deps.ts'

const PATH = '/admin/catalog'

/** The model list under `/admin/catalog`: its age, a new one, and what changed in it. */
export function serveAdminCatalog(app: App, { catalog, config, requireSettings }: AppDeps): void {
  app.get(PATH, async () => Response.json(await reportCatalog(catalog), { headers: NO_STORE }))
  refuseOtherMethods(app, PATH, ['GET'])
  app.post(`${PATH}/refresh`, async () => {
    requireSettings('HF_BASE_URL')
    return Response.json(await refreshNow(catalog), { headers: NO_STORE })
  })
  refuseOtherMethods(app, `${PATH}/refresh`, ['POST'])
  app.get(`${PATH}/drift`, async () => {
    const { config: inUse } = await latestConfig(config)
    return Response.json(await reportDrift(catalog, inUse), { headers: NO_STORE })
  })
  refuseOtherMethods(app, `${PATH}/drift`, ['GET'])
}
