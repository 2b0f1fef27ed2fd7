import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_KEY } from '../clients/support/start-pair.ts'
import { expectSame } from './support/expect-same.ts'
import { readOwnRecordings } from './support/own-recordings.ts'
import type { Read } from './support/read-answer.ts'
import { type Replay, startReplay } from './support/start-replay.ts'

const recordings = readOwnRecordings()
let replay: Replay
beforeAll(async () => {
  replay = await startReplay(recordings)
})
afterAll(() => replay.close())

const HELLO = { role: 'user', content: 'hi' }
const USAGE = { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 }
const call = (id: string, seed: string) => ({ id, name: 'feed', arguments: `{"seed":"${seed}"}` })
const CALLS = { text: '', finishReasons: ['tool_calls'] }
const THOUGHT = { reasoning: 'A cracker? Yes.', text: 'Polly wants one.' }

/** What an application reads of each; what is not named is nothing, `stop` and {@link USAGE}. */
const SAYS: Readonly<Record<string, Partial<Read['answer']>>> = {
  'no-done': { text: 'Polly says hé.' },
  'no-finish-reason': { text: 'Cut short, yet whole.', finishReasons: [] },
  'usage-in-every-chunk': { text: 'One two' },
  'usage-chunk-without-choices': { text: 'Counted apart.' },
  'error-event-named': { text: 'So far so ', finishReasons: [], usage: undefined },
  'error-string': { text: 'So far so ', finishReasons: [], usage: undefined },
  comments: { text: 'Patience pays.' },
  'whole-tool-call': { ...CALLS, calls: [call('call_whole', 'sunflower')] },
  'tool-call-without-index': { ...CALLS, calls: [call('aB3xY9', 'millet')] },
  'empty-id-later': { ...CALLS, calls: [call('call_once', 'hemp')] },
  'reasoning-content': THOUGHT,
  reasoning: THOUGHT,
  'inline-think': { text: '<think>\nA cracker?\n</think>\n\nPolly wants one.' },
  'legacy-text': { text: 'Old bird.' },
  'spaced-json': { text: 'Room to breathe.' },
  'eos-token': { text: 'The end.' },
}

test('every fixture has its words here', () => {
  expect(Object.keys(SAYS).sort()).toEqual(recordings.map(({ name }) => name).sort())
})

describe.each(recordings)('$name', (recording) => {
  const isBroken = recording.name.startsWith('error-')

  test('says through the gateway what it says', async () => {
    const { answer, error } = await replay.through(recording, 'odd_bytes')
    const nothing = { text: '', reasoning: '', calls: [], finishReasons: ['stop'], usage: USAGE }
    expect(answer).toEqual({ ...nothing, ...SAYS[recording.name] })
    expect(error?.message).toBe(
      { 'error-event-named': 'the parrot flew away', 'error-string': 'the cage fell over' }[recording.name],
    )
  })

  test('is read the same as without the gateway', () => expectSame(replay, recording))

  test(isBroken ? 'ends without [DONE], cut off' : 'ends with one [DONE] and nothing after it', async () => {
    const response = await fetch(`${replay.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}` },
      body: JSON.stringify({ model: `recorded-events/${recording.name}`, messages: [HELLO], stream: true }),
    })
    const reading = response.text().catch(() => 'broken off')
    if (isBroken) expect(await reading).toBe('broken off')
    else expect((await reading).split('data: [DONE]')).toEqual([expect.stringMatching(/\n\n$/), '\n\n'])
  })
})
