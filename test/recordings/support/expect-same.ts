import { expect } from 'vitest'
import { NORMALIZED } from './normalized.ts'
import type { Recording } from './recording.ts'
import type { Replay } from './start-replay.ts'

/**
 * Expects that the SDK reads the same through the gateway as directly, to the last member of the last chunk, however
 * the bytes come in; where `normalized.ts` names a difference, exactly that difference.
 */
export async function expectSame(replay: Replay, recording: Recording): Promise<void> {
  const direct = await replay.direct(recording)
  const expected = NORMALIZED[recording.name]?.(direct) ?? direct
  for (const cutting of ['events', 'odd_bytes'] as const) {
    const through = await replay.through(recording, cutting)
    expect(through.answer, cutting).toEqual(expected.answer)
    expect(through.error, cutting).toEqual(expected.error)
    expect(through.raw, cutting).toEqual(expected.raw)
  }
}
