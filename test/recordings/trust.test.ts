import { describe, expect, test } from 'vitest'
import { RECORDED_CLEAN } from '../../src/core/trust/stream-trust.ts'
import { createNormalizer } from '../../src/stream/normalizer.ts'
import { HAS_SHARED, readSharedStreams } from './support/shared-recordings.ts'

/** What a stream showed to whoever read it. */
function read(bytes: Uint8Array) {
  const normalizer = createNormalizer(() => 'made', 1)
  normalizer.feed(bytes)
  const { end } = normalizer.finish(true)
  return { isAnswer: end !== 'upstream_error', isClean: normalizer.isClean(), hasCalls: normalizer.hadReadCalls() }
}

describe.skipIf(!HAS_SHARED)('streams of a provider that new isolates trust', () => {
  const streams = readSharedStreams().map(({ recording, by }) => ({
    name: recording.name,
    by,
    ...read(recording.bytes),
  }))
  const answersOf = (provider: string) => streams.filter(({ by, isAnswer }) => by === provider && isAnswer)

  test.each([...RECORDED_CLEAN.text])('%s: its texts need no normalizing', (provider) => {
    const texts = answersOf(provider).filter(({ hasCalls }) => !hasCalls)
    expect(texts).not.toEqual([])
    expect(texts.filter(({ isClean }) => !isClean)).toEqual([])
  })

  test.each([...RECORDED_CLEAN.tools])('%s: its tool calls need none either', (provider) => {
    const calls = answersOf(provider).filter(({ hasCalls }) => hasCalls)
    expect(calls).not.toEqual([])
    expect(calls.filter(({ isClean }) => !isClean)).toEqual([])
  })
})
