import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CASES, contextsOf } from './cases.ts'
import { DISCONNECTS, type DisconnectResult, PATIENT_TIMES, runDisconnect } from './disconnects.ts'
import { pickCases, titleOf } from './pick-cases.ts'
import { type Result, runAll } from './run-case.ts'
import { type Hugway, startHugway } from './subject.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './upstream.ts'

const crowd = CASES.filter(({ clients, fault, chain }) => clients > 1 && fault === '503' && chain !== 'no_fallback')
// Other files run at the same time: a hundred at once would measure the machine. `npm run matrix` has them.
const picked = [...pickCases(), ...crowd.map((one) => ({ ...one, clients: 30 }))]
let upstream: ScriptedUpstream
let hugway: Hugway
let patient: Hugway
let results: readonly Result[]
let disconnects: readonly DisconnectResult[]

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  const simulatorUrl = upstream.simulator.url
  hugway = await startHugway({ simulatorUrl, version: '', contexts: contextsOf() })
  patient = await startHugway({ simulatorUrl, version: '', times: PATIENT_TIMES, upstreams: ['simulator'] })
  results = await runAll(picked, hugway, upstream, 30)
  disconnects = await Promise.all(
    DISCONNECTS.map((one) => runDisconnect(one, one.isPlatformLimit ? hugway : patient, upstream)),
  )
}, 180_000)

afterAll(async () => {
  await Promise.all([hugway?.close(), patient?.close()])
  await upstream?.simulator.close()
})

describe('every fault ends in a whole answer or in an error', () => {
  test.each(picked.map((testCase) => [titleOf(testCase), testCase] as const))('%s', (_title, testCase) => {
    const result = results.find((one) => one.testCase === testCase)
    expect(result?.problems).toEqual([])
  })
})

describe('a client that leaves is paid for no longer', () => {
  test.each(DISCONNECTS.map((one) => [`${one.when}, ${one.stream ? 'streamed' : 'JSON'}, ${one.leave}`, one] as const))(
    '%s',
    (_title, disconnect) => {
      const result = disconnects.find((one) => one.disconnect === disconnect)
      expect(result?.problems).toEqual([])
    },
  )
})

test('nothing is left open', () => {
  expect(upstream.simulator.openCount()).toBe(0)
})
