import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSame } from './support/expect-same.ts'
import { NORMALIZED } from './support/normalized.ts'
import { readOwnRecordings } from './support/own-recordings.ts'
import { HAS_SHARED, readSharedRecordings } from './support/shared-recordings.ts'
import { type Replay, startReplay } from './support/start-replay.ts'

const recordings = readSharedRecordings()
const named = recordings.map((recording) => ({ recording, title: `${recording.kind} ${recording.name}` }))

describe.skipIf(!HAS_SHARED)('answers recorded of some twenty providers', () => {
  let replay: Replay
  beforeAll(async () => {
    replay = await startReplay(recordings)
  })
  afterAll(() => replay.close())

  test('are all there', () => {
    expect(recordings.length).toBeGreaterThan(160)
    const known = [...recordings, ...readOwnRecordings()].map(({ name }) => name)
    expect(Object.keys(NORMALIZED).filter((name) => !known.includes(name))).toEqual([])
  })

  describe('reach the official SDK as they were', () => {
    test.each(named.filter(({ recording }) => recording.status === 200))('$title', async ({ recording }) => {
      await expectSame(replay, recording)
    })
  })

  describe('that are errors reach it in OpenAI’s envelope, in the upstream’s words', () => {
    test.each(named.filter(({ recording }) => recording.status !== 200))('$title', async ({ recording }) => {
      const direct = await replay.direct(recording)
      const { answer, error } = await replay.through(recording, 'odd_bytes')
      expect(answer.text).toBe('')
      // A refused token is the operator's, never the client's; a call that the model failed at is the target's.
      const isToken = recording.status === 401 || recording.name === 'xai-401'
      const isTargets = recording.name === 'groq-tool-use-failed-1'
      expect(error?.status).toBe(isToken || isTargets ? 502 : recording.status)
      expect(error?.body).toMatchObject({
        message: expect.any(String),
        type: expect.any(String),
        code: expect.any(String),
      })
      expect(error?.body).toHaveProperty('param')
      // Words of a refused token would read as the client's own: they stand among the attempts alone.
      const words = wordsOf(direct.error?.body)
      if (isToken) expect(error?.body).toMatchObject({ attempts: [{ message: words }] })
      else expect(error?.message).toContain(words)
    })
  })
})

/** What a provider says, in whichever of the shapes. */
function wordsOf(body: unknown): string {
  if (typeof body === 'string') return body
  const members = new Map<string, unknown>(Object.entries(body ?? {}))
  const words = members.get('message') ?? members.get('detail')
  if (typeof words !== 'string') throw new Error(`no words in ${JSON.stringify(body)}`)
  return words
}
