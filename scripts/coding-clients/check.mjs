/** Does a real coding client work through hugway? Turns of it against the simulator and the Worker in bare workerd. */
import { parseArgs } from 'node:util'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { startGateway } from '../../test/support/start-gateway.ts'
import { CONFIG, scenariosOf } from './scenarios.mjs'

const API_KEY = 'test-key'

/** @param {import('./scenarios.mjs').CodingClient} client */
export async function checkCodingClient(client) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  try {
    const { values } = parseArgs({
      options: { only: { type: 'string', default: '' }, directory: { type: 'string' } },
    })
    const chosen = scenariosOf(client).filter(({ title }) => title.includes(values.only))
    if (chosen.length === 0) throw new Error(`no scenario is called "${values.only}"`)
    const entry = await client.ensure(values.directory)
    console.log(`${client.name} ${client.version} through hugway`)
    let broken = 0
    for (const scenario of chosen) broken += await check(client, entry, scenario)
    process.exitCode = broken === 0 ? 0 : 1
  } catch (error) {
    console.error(`The check could not run: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 3
  }
}

/** @returns {Promise<number>} 1 where the promise was broken. */
async function check(client, entry, { title, answer, play }) {
  const simulator = await startSimulator({ tokenDelayMs: 5 })
  const asked = () => simulator.requests.filter(({ path }) => path.includes('/chat/'))
  let count = 0
  simulator.script(({ path, model }) => (path.includes('/chat/') ? answer(model, count++) : undefined))
  const gateway = await startGateway({ upstreamUrl: simulator.url, config: CONFIG })
  try {
    const { problems, saw } = await play({ entry, url: gateway.url, apiKey: API_KEY, asked })
    const records = gateway.logs().filter(({ event }) => event === 'chat')
    if (records.some(({ surface }) => surface !== client.surface)) problems.push(`it did not come by ${client.surface}`)
    const ends = records.map(({ end }) => end).join(', ')
    const lines = [saw, `its requests: ${ends}; upstream calls: ${count}`, ...problems.map((one) => `BROKEN: ${one}`)]
    console.log(`${problems.length === 0 ? 'kept  ' : 'BROKEN'}  ${title}\n        ${lines.join('\n        ')}`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await gateway.close()
    await simulator.close()
  }
}
