import { describe, expect, test } from 'vitest'
import { createStreamTrust, type StreamSource } from '../../src/isolate/stream-trust.ts'

const KNOWN: StreamSource = { target: 'huggingface/a/b', provider: 'groq', hasTools: false, hidesUsage: false }
const OTHER: StreamSource = { ...KNOWN, provider: 'somebody-new' }
const NEVER = Number.POSITIVE_INFINITY

describe('how soon a stream goes to the pump', () => {
  const boardAfter = (source: StreamSource, ...areClean: boolean[]) => {
    const board = createStreamTrust(new Map())
    for (const isClean of areClean) board.record(source, isClean)
    return board
  }
  const clean = (count: number) => Array<boolean>(count).fill(true)

  test('a provider that was recorded is trusted at once, but for short answers', () => {
    expect(boardAfter(KNOWN).parsedReads(KNOWN)).toBe(32)
  })

  test('any other is read event by event until three streams in a row were clean', () => {
    expect(boardAfter(OTHER, ...clean(2)).parsedReads(OTHER)).toBe(NEVER)
    expect(boardAfter(OTHER, true, true, false, true, true).parsedReads(OTHER)).toBe(NEVER)
    expect(boardAfter(OTHER, ...clean(3)).parsedReads(OTHER)).toBe(32)
  })

  test('trust grows once, after many clean streams in a row', () => {
    expect(boardAfter(OTHER, ...clean(49)).parsedReads(OTHER)).toBe(32)
    expect(boardAfter(OTHER, ...clean(50)).parsedReads(OTHER)).toBe(0)
    expect(boardAfter(KNOWN, ...clean(1_000)).parsedReads(KNOWN)).toBe(0)
    expect(boardAfter(OTHER, ...clean(49), false, ...clean(49)).parsedReads(OTHER)).toBe(32)
  })

  test.each([KNOWN, OTHER])('one stream that had to be mended ends it: $provider', (source) => {
    expect(boardAfter(source, ...clean(1_000), false).parsedReads(source)).toBe(NEVER)
    expect(boardAfter(source, ...clean(1_000), false, true, true).parsedReads(source)).toBe(NEVER)
  })

  test('streams whose usage is hidden are trusted apart, and none of them before it is known', () => {
    const hidden = { ...KNOWN, hidesUsage: true }
    const board = boardAfter(KNOWN, ...clean(50))
    expect(board.parsedReads(hidden)).toBe(NEVER)
    for (let count = 0; count < 3; count++) board.record(hidden, true)
    expect(board.parsedReads(hidden)).toBe(32)
    board.record(hidden, false)
    expect([board.parsedReads(hidden), board.parsedReads(KNOWN)]).toEqual([NEVER, 0])
  })

  test('tool calls are trusted apart, and so are targets whose provider has no name', () => {
    const board = boardAfter(OTHER, ...clean(3))
    expect(board.parsedReads({ ...OTHER, hasTools: true })).toBe(NEVER)
    const nameless = { ...OTHER, provider: undefined }
    const own = boardAfter(OTHER)
    for (let count = 0; count < 3; count++) own.record(nameless, true)
    expect(own.parsedReads(nameless)).toBe(32)
    expect(own.parsedReads({ ...nameless, target: 'huggingface/c/d' })).toBe(NEVER)
  })

  test('what is remembered is bounded', () => {
    const memory = new Map<string, number>()
    const board = createStreamTrust(memory)
    for (let count = 0; count < 5_000; count++) board.record({ ...OTHER, provider: `provider-${count}` }, true)
    expect(memory.size).toBeLessThanOrEqual(1_000)
  })
})
