import { GatewayError } from '../../core/failure.ts'
import { getProject, listProjects } from '../../gateway/projects/report-projects.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { listRequests } from '../../gateway/usage/list-requests.ts'
import { reportMetrics } from '../../gateway/usage/report-metrics.ts'
import { reportUsage } from '../../gateway/usage/report-usage.ts'
import { toMetricsText } from '../../wire/admin/metrics-text.ts'
import { toUsageCsv } from '../../wire/admin/usage-csv.ts'
import { readRequestsQuery, readUsageQuery } from '../../wire/admin/usage-query.ts'
import { type App, type AppDeps, NO_STORE, refuseOtherMethods } from '../deps.ts'

/** A spreadsheet has no place to say that something is missing. */
const TOO_MANY_ROWS = 'by makes more rows than one file holds: take a later from, one project, or fewer names in by.'

/** Who spent what: `/admin/usage`, `/admin/requests`, `/admin/projects`, and `/metrics` for Prometheus. */
export function serveAdminUsage(app: App, { usage, clock }: AppDeps): void {
  app.get('/admin/usage', async (c) => {
    const query = unwrap(readUsageQuery((name) => c.req.query(name), clock.now()))
    const report = await reportUsage(usage, c.var.config, query)
    if (query.format === 'json') return Response.json(report, { headers: NO_STORE })
    if (report.truncated) throw new GatewayError({ kind: 'bad_request', message: TOO_MANY_ROWS, param: 'by' })
    const headers = { ...NO_STORE, 'content-type': 'text/csv; charset=utf-8' }
    return new Response(toUsageCsv(report), { headers })
  })
  refuseOtherMethods(app, '/admin/usage', ['GET'])
  app.get('/admin/requests', async (c) => {
    const query = unwrap(readRequestsQuery((name) => c.req.query(name)))
    return Response.json(await listRequests(usage, c.var.config, query), { headers: NO_STORE })
  })
  refuseOtherMethods(app, '/admin/requests', ['GET'])
  app.get('/admin/projects', async (c) => {
    return Response.json({ projects: await listProjects(usage, c.var.config) }, { headers: NO_STORE })
  })
  refuseOtherMethods(app, '/admin/projects', ['GET'])
  app.get('/admin/projects/:id', async (c) => {
    return Response.json(await getProject(usage, c.var.config, c.req.param('id')), { headers: NO_STORE })
  })
  refuseOtherMethods(app, '/admin/projects/:id', ['GET'])
  app.get('/metrics', async (c) => {
    const headers = { ...NO_STORE, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
    return new Response(toMetricsText(await reportMetrics(usage, c.var.config)), { headers })
  })
  refuseOtherMethods(app, '/metrics', ['GET'])
}
