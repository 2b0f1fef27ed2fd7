import { startSimulator } from '../../../src/simulator/start-simulator.ts'
import { startWranglerDev } from '../../clients/support/start-wrangler-dev.ts'

export const ADMIN_TOKEN = 'console-admin-token-0123456789'

/** The Worker as a developer runs it, its assets and a KV of its own included, in front of the simulator. */
export async function startConsole(tokenDelayMs = 5) {
  const simulator = await startSimulator({ acceptAnyModel: true, tokenDelayMs, keepBodies: false })
  const worker = await startWranglerDev(simulator.url, [`HUGWAY_ADMIN_TOKEN:${ADMIN_TOKEN}`])
  const asAdmin = (path: string, init: RequestInit = {}) =>
    fetch(`${worker.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${ADMIN_TOKEN}` } })
  return {
    url: worker.url,
    asAdmin,
    async close() {
      await worker.close()
      await simulator.close()
    },
  }
}
