import { type Chunk, type Fields, isFields } from '../wire/chat/chunk.ts'

/** An event that differs from an earlier one in nothing but its words. */
export type PlainEvent = {
  readonly chunk: Chunk
  /** Its JSON, as it came. */
  readonly data: string
  readonly words: string
  /** Where the next event begins. */
  readonly end: number
}

export type PlainEvents = {
  /** Remembers the form of an event that was read in full, needed no change and said something. */
  learn(data: string, chunk: Chunk): void
  /** The plain event that begins at `from`, all of it; `undefined` where another one does. */
  read(text: string, from: number): PlainEvent | undefined
}

type Form = {
  /** The bytes of an event in front of its words and after them. */
  readonly before: string
  readonly after: string
  readonly chunkOf: (words: string) => Chunk
}

const FIELD = 'data: '
/** Quotes, backslashes and what is no character of a JSON text. */
const NEEDS_PARSING = /[^ !#-[\]-\uffff]/
const BLANK_LINE = '\n\n'
/** Where words stand in a delta. */
const MEMBERS = ['content', 'reasoning_content', 'reasoning']
/** To learn a form takes a second reading, which does not pay where hardly an event has the form of the last. */
const EVENTS_A_FORM = 4
const FORMS_AT_FIRST = 8
/** A larger event is kept by nobody, in UTF-16 units. */
const MAX_LENGTH = 16_384

/**
 * Most events of a stream repeat the one before but for a few words. Once such an event was read in full, another that has
 * its very bytes around other words need not be: it would be read as the same chunk with these words.
 */
export function createPlainEvents(): PlainEvents {
  let form: Form | undefined
  let formsLeft = FORMS_AT_FIRST
  return {
    learn(data, chunk) {
      if (formsLeft < 1 || data.length > MAX_LENGTH) return
      formsLeft--
      form = formOf(data, chunk)
    },
    read(text, from) {
      if (!form || !text.startsWith(form.before, from)) return undefined
      const begin = from + form.before.length
      const end = text.indexOf(form.after, begin)
      const words = end > begin ? wordsOf(text.slice(begin, end)) : undefined
      if (words === undefined) return undefined
      formsLeft += 1 / EVENTS_A_FORM
      const next = end + form.after.length
      const data = text.slice(from + FIELD.length, next - BLANK_LINE.length)
      return { chunk: form.chunkOf(words), data, words, end: next }
    },
  }
}

/** What the inside of a JSON text says; `undefined` of anything that is not the whole inside of one. */
function wordsOf(inside: string): string | undefined {
  if (!NEEDS_PARSING.test(inside)) return inside
  try {
    return JSON.parse(`"${inside}"`)
  } catch {
    return undefined
  }
}

function formOf(data: string, chunk: Chunk): Form | undefined {
  const [choice, ...others] = chunk.choices
  const delta = choice?.['delta']
  if (!choice || others.length > 0 || !isFields(delta) || data.includes('\n')) return undefined
  const [said, ...more] = Object.entries(delta).filter(([, value]) => saysSomething(value))
  if (!said || more.length > 0) return undefined
  const [member, words] = said
  if (!MEMBERS.includes(member) || typeof words !== 'string') return undefined
  const begin = data.indexOf('"', data.lastIndexOf(`"${member}"`) + member.length + 2) + 1
  const inside = JSON.stringify(words).slice(1, -1)
  if (!data.startsWith(`${inside}"`, begin)) return undefined
  const [before, after] = [data.slice(0, begin), data.slice(begin + inside.length)]
  if (wordsIn(`${before}?${after}`, member) !== '?') return undefined
  const chunkOf = (words: string) => ({ ...chunk, choices: [{ ...choice, delta: { ...delta, [member]: words } }] })
  return { before: FIELD + before, after: after + BLANK_LINE, chunkOf }
}

/** A second call of the same name, or the role once more, is no repetition. */
const saysSomething = (value: unknown) =>
  value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

/** Read once more with other words in their place, which are some other text of the event's unless they come back. */
function wordsIn(data: string, member: string): unknown {
  const { choices }: { choices: readonly Fields[] } = JSON.parse(data)
  const delta = choices[0]?.['delta']
  return isFields(delta) ? delta[member] : undefined
}
