/**
 * `npm run check:openclaw`: does a real OpenClaw work through hugway? Installs it (once, outside of the project), starts
 * the simulator and the Worker in bare workerd, and runs headless turns of it against them: some five minutes in all.
 *
 *   npm run check:openclaw -- --only 429             the scenarios whose title holds a text
 *   npm run check:openclaw -- --base-url https://hugway.example.workers.dev/v1 --api-key KEY [--model REF]
 *                                                    one ordinary turn against a deployment
 *
 * Exit 0: every promise was kept. 1: one was broken. 3: the check could not run.
 */
import { parseArgs } from 'node:util'
import { startSimulator } from '../src/simulator/start-simulator.ts'
import { startGateway } from '../test/support/start-gateway.ts'
import { ensureOpenclaw, OPENCLAW_VERSION } from './openclaw/install.mjs'
import { REFUSALS } from './openclaw/refusals.mjs'
import { CONFIG, playOrdinary, SCENARIOS } from './openclaw/scenarios.mjs'

/** An OpenClaw that starts keeps a core busy. */
const AT_ONCE = 2

/** @returns {Promise<number>} How many promises were broken. */
async function checkAll(entry, only) {
  const all = [...SCENARIOS, ...REFUSALS]
  const queue = all.filter(({ title }) => title.includes(only))
  if (queue.length === 0) throw new Error(`no scenario is called "${only}": ${all.map((s) => s.title).join('; ')}`)
  let broken = 0
  const worker = async () => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) broken += await check(entry, scenario)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return broken
}

async function check(entry, { title, answer, play, config = CONFIG, ledgerModule }) {
  const simulator = await startSimulator({ tokenDelayMs: 5 })
  const asked = []
  simulator.script(({ path, model }) => {
    if (!path.includes('/chat/')) return undefined
    return answer(model, asked.push(model) - 1)
  })
  const gateway = await startGateway({ upstreamUrl: simulator.url, config, ...(ledgerModule && { ledgerModule }) })
  try {
    const chats = () => gateway.logs().filter(({ event }) => event === 'chat')
    // A request that a scenario makes itself is not OpenClaw's.
    const ends = () => chats().map(({ end, errorCode }) => String(errorCode ?? end))
    const target = { entry, baseUrl: `${gateway.url}/v1`, apiKey: 'test-key', upstreamUrl: simulator.url, ends }
    const result = await play(target)
    return print(title, result, `${chats().length} chat requests of OpenClaw; upstream: ${countEach(asked)}`)
  } finally {
    await gateway.close()
    await simulator.close()
  }
}

function print(title, { problems, saw }, traffic) {
  const parts = [saw, ...(traffic ? [traffic] : []), ...problems.map((problem) => `BROKEN: ${problem}`)]
  console.log(`${problems.length === 0 ? 'kept  ' : 'BROKEN'}  ${title}\n        ${parts.join('\n        ')}`)
  return problems.length === 0 ? 0 : 1
}

function countEach(models) {
  const counts = new Map()
  for (const model of models) counts.set(model, (counts.get(model) ?? 0) + 1)
  return [...counts].map(([model, count]) => `${model} x${count}`).join(', ') || 'none'
}

async function main() {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string' },
      'api-key': { type: 'string' },
      model: { type: 'string' },
      only: { type: 'string', default: '' },
      directory: { type: 'string' },
    },
  })
  const { 'base-url': baseUrl, 'api-key': apiKey } = values
  if ((baseUrl === undefined) !== (apiKey === undefined)) throw new Error('--base-url and --api-key go together')
  if (baseUrl !== undefined && !URL.canParse(baseUrl)) throw new Error('--base-url is not a URL')
  const entry = await ensureOpenclaw(values.directory)
  console.log(`OpenClaw ${OPENCLAW_VERSION} through hugway`)
  if (baseUrl === undefined || apiKey === undefined) return checkAll(entry, values.only)
  return print('an ordinary streamed turn, with usage', await playOrdinary({ entry, baseUrl, apiKey }, values.model))
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
try {
  process.exitCode = (await main()) === 0 ? 0 : 1
} catch (error) {
  console.error(`The check could not run: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 3
}
