import { MAX_EVENT_BYTES, type Normalizer } from './normalizer.ts'

/** Looks through a stream's text that reaches the client unread. */
export type Skimmer = {
  /** @returns Whether there was an event of the answer in it; comments and pings are none. */
  read(bytes: Uint8Array): boolean
  /** What stands after the last whole event: half of one, unless it is empty. */
  rest(): string
}

/**
 * Gives the normalizer the events that may say more than a few words of an answer: an end, usage, an error, whatever has
 * another shape. Each byte is searched once, in whole events; the others are only counted. From a finish on everything
 * is read: an answer that goes on was not finished.
 */
export function createSkimmer(normalizer: Normalizer): Skimmer {
  const decoder = new TextDecoder()
  let half = ''
  let lastCharacter = '' // of `half`, which is not searched: it may be many pieces of one large event
  const look = (events: string): boolean => {
    const at = normalizer.hasFinish() ? 0 : findOdd(events)
    if (at > 0) normalizer.skip(events.slice(0, at))
    const before = normalizer.eventCount()
    normalizer.feedText(events.slice(at))
    return at > 0 || normalizer.eventCount() > before
  }
  return {
    read(bytes) {
      const text = decoder.decode(bytes, { stream: true })
      const end = endOfEvents(lastCharacter, text)
      if (end === 0 && half.length + text.length <= MAX_EVENT_BYTES) {
        half += text
        lastCharacter = text.at(-1) ?? lastCharacter
        return false
      }
      const events = half + text.slice(0, end)
      half = text.slice(end)
      lastCharacter = half.at(-1) ?? ''
      return look(events)
    },
    rest: () => half,
  }
}

const BETWEEN_EVENTS = ['\n\n', '\r\n\r\n', '\r\r']

/** Where the last whole event of a text ends; 0 where none does. */
function endOfEvents(before: string, text: string): number {
  let end = 0
  for (const between of BETWEEN_EVENTS) {
    const at = text.lastIndexOf(between)
    if (at !== -1) end = Math.max(end, at + between.length)
  }
  return end === 0 && before === '\n' && text.startsWith('\n') ? 1 : end
}

/** What an event of plain words does not hold. Inside a JSON text its quotes would be escaped. */
const ODD = [
  /"finish_reason" ?: ?"/,
  /"error" ?: ?(?:[^nf"\s]|"[^"])/,
  /"choices" ?: ?(?:\[ ?\]|null)/,
  /"errors" ?: ?(?:\[ ?["{]|"[^"]|\{ ?")|"success" ?: ?false/,
  /^event:/m,
  /^:/m,
  /\r/,
]

/** Where the first event begins that has to be read; the text's length where none has. */
function findOdd(events: string): number {
  let at = events.length
  for (const pattern of ODD) {
    const found = events.search(pattern)
    if (found !== -1 && found < at) at = found
  }
  if (countOf(events, '\n\n') !== countOf(events, '"choices"')) at = Math.min(at, findWithoutChoices(events))
  if (at === events.length) return at
  const before = events.lastIndexOf('\n\n', at - 1)
  return before === -1 ? 0 : Math.min(before + 2, at)
}

function findWithoutChoices(events: string): number {
  for (let start = 0; start < events.length; ) {
    const next = events.indexOf('\n\n', start)
    const end = next === -1 ? events.length : next + 2
    const choices = events.indexOf('"choices"', start)
    if (choices === -1 || choices >= end) return start
    start = end
  }
  return events.length
}

function countOf(text: string, word: string): number {
  let count = 0
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) count++
  return count
}
