import { describe, expect, test } from 'vitest'
import { createDialectBoard, type StreamSource } from '../../src/gateway/dialect-board.ts'

const KNOWN: StreamSource = { target: 'huggingface/a/b', provider: 'groq', hasTools: false }
const OTHER: StreamSource = { ...KNOWN, provider: 'somebody-new' }
const NEVER = Number.POSITIVE_INFINITY

describe('how soon a stream goes to the pump', () => {
  const boardAfter = (source: StreamSource, ...areClean: boolean[]) => {
    const board = createDialectBoard(new Map())
    for (const isClean of areClean) board.record(source, isClean)
    return board
  }
  const clean = (count: number) => Array<boolean>(count).fill(true)

  test('a provider that was recorded is trusted at once, but for short answers', () => {
    expect(boardAfter(KNOWN).readsByHand(KNOWN)).toBe(32)
  })

  test('any other is read event by event until three streams in a row were clean', () => {
    expect(boardAfter(OTHER, ...clean(2)).readsByHand(OTHER)).toBe(NEVER)
    expect(boardAfter(OTHER, true, true, false, true, true).readsByHand(OTHER)).toBe(NEVER)
    expect(boardAfter(OTHER, ...clean(3)).readsByHand(OTHER)).toBe(32)
  })

  test('trust grows once, after many clean streams in a row', () => {
    expect(boardAfter(OTHER, ...clean(49)).readsByHand(OTHER)).toBe(32)
    expect(boardAfter(OTHER, ...clean(50)).readsByHand(OTHER)).toBe(0)
    expect(boardAfter(KNOWN, ...clean(1_000)).readsByHand(KNOWN)).toBe(0)
    expect(boardAfter(OTHER, ...clean(49), false, ...clean(49)).readsByHand(OTHER)).toBe(32)
  })

  test.each([KNOWN, OTHER])('one stream that had to be mended ends it: $provider', (source) => {
    expect(boardAfter(source, ...clean(1_000), false).readsByHand(source)).toBe(NEVER)
    expect(boardAfter(source, ...clean(1_000), false, true, true).readsByHand(source)).toBe(NEVER)
  })

  test('tool calls are trusted apart, and so are targets whose provider has no name', () => {
    const board = boardAfter(OTHER, ...clean(3))
    expect(board.readsByHand({ ...OTHER, hasTools: true })).toBe(NEVER)
    const nameless = { ...OTHER, provider: undefined }
    const own = boardAfter(OTHER)
    for (let count = 0; count < 3; count++) own.record(nameless, true)
    expect(own.readsByHand(nameless)).toBe(32)
    expect(own.readsByHand({ ...nameless, target: 'huggingface/c/d' })).toBe(NEVER)
  })

  test('what is remembered is bounded', () => {
    const memory = new Map<string, number>()
    const board = createDialectBoard(memory)
    for (let count = 0; count < 5_000; count++) board.record({ ...OTHER, provider: `provider-${count}` }, true)
    expect(memory.size).toBeLessThanOrEqual(1_000)
  })
})
