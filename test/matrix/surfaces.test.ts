import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Case } from './case.ts'
import { contextsOf } from './cases.ts'
import { DISCONNECTS, type DisconnectResult, PATIENT_TIMES, runDisconnect } from './disconnects.ts'
import { pickCases, titleOf } from './pick-cases.ts'
import { type Result, runAll } from './run-case.ts'
import { type Hugway, startHugway } from './subject.ts'
import { type MatrixSurface, TRANSLATED } from './surface.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './upstream.ts'

/** What differs by design where the wire is Responses. */
function expectedBy({ name }: MatrixSurface): Case[] {
  if (name !== 'responses') return pickCases()
  return (
    pickCases()
      // It says a text five times: 25 MB through the client of this test are about the machine.
      .filter(({ stream, whole }) => !(stream && whole.huge))
      // No credit is told as OpenAI tells it.
      .map((one) => (one.expected.status === 402 ? { ...one, expected: { ...one.expected, status: 429 } } : one))
  )
}

const disconnects = DISCONNECTS.filter(({ stream, isPlatformLimit }) => stream && !isPlatformLimit)

describe.each(TRANSLATED)('asked by $name', (surface) => {
  const picked = expectedBy(surface)
  let upstream: ScriptedUpstream
  let hugway: Hugway
  let patient: Hugway
  let results: readonly Result[]
  let left: readonly DisconnectResult[]

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    const simulatorUrl = upstream.simulator.url
    hugway = await startHugway({ simulatorUrl, version: '', contexts: contextsOf(), surface })
    patient = await startHugway({ simulatorUrl, version: '', times: PATIENT_TIMES, upstreams: ['simulator'], surface })
    results = await runAll(picked, hugway, upstream, 30)
    left = await Promise.all(disconnects.map((one) => runDisconnect(one, patient, upstream)))
  }, 180_000)

  afterAll(async () => {
    await Promise.all([hugway?.close(), patient?.close()])
    await upstream?.simulator.close()
  })

  test.each(picked.map((testCase) => [titleOf(testCase), testCase] as const))('%s', (_title, testCase) => {
    const result = results.find((one) => one.testCase === testCase)
    expect(result?.problems).toEqual([])
  })

  test.each(disconnects.map((one) => [`${one.when}, ${one.leave}`, one] as const))(
    'a client that leaves %s is paid for no longer',
    (_title, disconnect) => {
      expect(left.find((one) => one.disconnect === disconnect)?.problems).toEqual([])
    },
  )
})
