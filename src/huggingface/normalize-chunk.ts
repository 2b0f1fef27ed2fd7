import { thoughtIn } from '../wire/answer-pieces.ts'
import { type Chunk, type Fields, isFields } from '../wire/chat/chunk.ts'
import { type AnswerState, type ChoiceState, choiceOf, hasCalls, hasNamelessCall, noteSaid } from './answer-state.ts'
import { readFinish } from './finish-reason.ts'
import { normalizeCalls } from './normalize-calls.ts'

/** A chunk as clients are to see it. */
export type Normalized = {
  /** The chunk itself where nothing had to change. */
  readonly chunk: Chunk
  /** Whether it would trip a client as it came. A role that was missing is none: it is in the part that is always read. */
  readonly isOdd: boolean
}

/**
 * Gives a chunk the shape that OpenAI's has, and notes what it says: each choice with an index and a delta, the role on
 * the first delta, content as text, tool calls as {@link normalizeCalls} has them, finish reasons that clients know.
 *
 * @returns `broken_off` where a finish reason says that generation did not end.
 */
export function normalizeChunk(chunk: Chunk, state: AnswerState): Normalized | 'broken_off' {
  let isSame = true
  let isOdd = false
  const choices: Fields[] = []
  for (const [position, choice] of chunk.choices.entries()) {
    const index = indexIn(state, choice, position)
    const normalized = normalizeChoice(choice, index, choiceOf(state, index))
    if (normalized === 'broken_off') return normalized
    if (normalized.choice !== choice) isSame = false
    if (normalized.isOdd) isOdd = true
    choices.push(normalized.choice)
  }
  return { chunk: isSame ? chunk : { ...chunk, choices }, isOdd }
}

/** The same for a whole answer; the answer itself where nothing had to change. Its end is a clean one. */
export function normalizeAnswer(answer: Chunk, state: AnswerState): Chunk | 'broken_off' {
  const choices: Fields[] = []
  const hasFirst = answer.choices.some((choice, position) => indexOf(choice, position) === 0)
  for (const [position, choice] of answer.choices.entries()) {
    const normalized = normalizeWholeChoice(choice, hasFirst ? indexOf(choice, position) : position, state)
    if (normalized === 'broken_off') return normalized
    choices.push(normalized)
  }
  return choices.every((choice, position) => choice === answer.choices[position]) ? answer : { ...answer, choices }
}

function normalizeWholeChoice(choice: Fields, index: number, state: AnswerState): Fields | 'broken_off' {
  const { message, delta: _delta, ...rest } = choice
  const said = withIndexes(saidOf({ ...choice, delta: message, message: choice['delta'] }))
  const asDelta = { ...rest, index, delta: said }
  const choiceState = choiceOf(state, index)
  const normalized = normalizeChoice(asDelta, index, choiceState)
  if (normalized === 'broken_off') return normalized
  const { delta, ...others } = normalized.choice
  if (hasNamelessCall(choiceState) && choiceState.finish === undefined) return 'broken_off'
  const reason = others['finish_reason'] ?? (hasCalls(choiceState) ? 'tool_calls' : 'stop')
  const isSame = delta === said && isFields(message) && choice['index'] === index && reason === choice['finish_reason']
  return isSame ? choice : { ...others, message: withoutIndexes(isFields(delta) ? delta : {}), finish_reason: reason }
}

/** Nobody asks for so many; each is remembered, so what counts on without end is one choice from here. */
const MAX_CHOICES = 1_024

function indexOf({ index }: Fields, position: number): number {
  return Math.min(Number.isInteger(index) && Number(index) >= 0 ? Number(index) : position, MAX_CHOICES - 1)
}

/** The choice that was asked for is the first, however the provider counts: clients look for no other. */
function indexIn(state: AnswerState, choice: Fields, position: number): number {
  const index = indexOf(choice, position)
  state.firstIndex ??= index
  if (index === state.firstIndex) return 0
  return index === 0 ? state.firstIndex : index
}

type NormalizedChoice = { readonly choice: Fields; readonly isOdd: boolean }

function normalizeChoice(choice: Fields, index: number, state: ChoiceState): NormalizedChoice | 'broken_off' {
  const said = saidOf(choice, state)
  const { delta, isOdd } = normalizeDelta(said, state)
  noteSaid(state, delta, choice['text'])
  if (isFields(choice['delta']) && state.textLength > 0) state.saysDeltas = true
  const given = choice['finish_reason']
  const reason = finishOf(given, state)
  if (reason === 'broken_off') return reason
  const isSame = choice['index'] === index && delta === choice['delta'] && reason === given
  if (isSame) return { choice, isOdd }
  const isDeltaOdd = isOdd || said !== choice['delta'] || choice['index'] !== index || reason !== given
  const { message: _message, ...rest } = choice
  return {
    choice: { ...rest, index, delta, ...(reason !== undefined && { finish_reason: reason }) },
    isOdd: isDeltaOdd,
  }
}

/** What a choice says, wherever the provider has put it. A message after deltas says their words once more. */
function saidOf({ delta, message, text }: Fields, state?: ChoiceState): Fields {
  if (isFields(delta)) return delta
  if (isFields(message)) return state?.saysDeltas ? callsNotSaid(message, state) : message
  return typeof text === 'string' ? { content: text } : {}
}

function callsNotSaid({ tool_calls: calls, function_call: called }: Fields, state: ChoiceState): Fields {
  if (state.calls.count > 0) return {}
  return { ...(calls !== undefined && { tool_calls: calls }), ...(called !== undefined && { function_call: called }) }
}

/**
 * The finish reason as clients know it, noted in the choice's state. An unfinished choice has `null`, or none where the
 * provider sends none.
 */
function finishOf(given: unknown, state: ChoiceState): string | null | undefined {
  const finish = readFinish(given, hasCalls(state))
  if (finish === undefined) return given === undefined ? undefined : null
  if (finish.kind === 'broken') return 'broken_off'
  let { reason } = finish
  // What is cut at its limit may be half a call.
  if (hasNamelessCall(state) && reason !== 'length' && reason !== 'content_filter') return 'broken_off'
  // A call was announced and never came: what the model wrote as one was lost on the way, unless it wrote text as well.
  if (reason === 'tool_calls' && !hasCalls(state)) {
    if (!state.hasText) return 'broken_off'
    reason = 'stop'
  }
  // Told twice with nothing said in between, the end is what it was first; `stop` alone may be told more exactly.
  const before = state.finish
  if (before && before.reason !== 'stop') reason = before.reason
  state.finish = { reason, isProof: finish.isProof || before?.isProof === true }
  return reason
}

function normalizeDelta(said: Fields, state: ChoiceState): { readonly delta: Fields; readonly isOdd: boolean } {
  const calls = normalizeCalls(said['tool_calls'] ?? callOfOld(said['function_call']), state.calls)
  const worded = withTexts(said)
  const isOdd = calls !== said['tool_calls'] || worded !== said
  const delta = isOdd ? { ...worded, ...(calls !== undefined && { tool_calls: calls }) } : said
  const isFirst = !state.hasRole
  state.hasRole = true
  if (isFirst) return { delta: delta['role'] === 'assistant' ? delta : { ...delta, role: 'assistant' }, isOdd }
  if (delta['role'] === undefined || delta['role'] === 'assistant') return { delta, isOdd }
  const { role: _role, ...rest } = delta
  return { delta: rest, isOdd: true }
}

/** What was called before there were tools. It is said both ways: who asked with `tools` looks for no `function_call`. */
function callOfOld(called: unknown): Fields | undefined {
  return isFields(called) ? { index: 0, function: called } : undefined
}

/** What clients with a schema read as text; they drop a chunk for anything else in its place. */
const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning']

function withTexts(said: Fields): Fields {
  let worded = said
  for (const name of TEXTS) {
    const sent = said[name]
    if (typeof sent === 'string' || sent === undefined || sent === null) continue
    // Some providers parse the JSON that was asked for.
    const isParsed =
      name === 'content' && isFields(sent) && textOfPart(sent) === undefined && Object.keys(sent).length > 0
    const text = isParsed ? JSON.stringify(sent) : name === 'content' ? toText(sent) : toOtherText(name, sent)
    if (text !== sent) worded = { ...worded, [name]: text }
  }
  return worded
}

/** Content as the text that it is for clients, in whichever form it says one; parts that are no text stay parts. */
function toText(content: unknown): unknown {
  if (typeof content === 'number' || typeof content === 'boolean') return String(content)
  if (Array.isArray(content)) {
    const texts = content.filter((part) => part !== null).map(textOfPart)
    return texts.every((text) => text !== undefined) ? texts.join('') : content
  }
  return isFields(content) ? (textOfPart(content) ?? '') : content
}

/** Of a thought or a refusal. A number or a truth value in its place says only that there is one, or none. */
function toOtherText(name: string, sent: unknown): unknown {
  if (typeof sent === 'number' || typeof sent === 'boolean') return null
  return (name !== 'refusal' && thoughtIn(sent)) || toText(sent)
}

const TEXT_TYPES: readonly unknown[] = [undefined, 'text', 'output_text']

function textOfPart(part: unknown): string | undefined {
  if (typeof part === 'string') return part
  if (!isFields(part) || !TEXT_TYPES.includes(part['type'])) return undefined
  const { text, content } = part
  const value = isFields(text) ? text['value'] : (text ?? content)
  return typeof value === 'string' ? value : undefined
}

/** A whole answer's calls have no index, which is in order: they are numbered so that each is one of its own. */
function withIndexes(message: Fields): Fields {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call: unknown, index) => (isFields(call) ? { ...call, index } : call)) }
}

function withoutIndexes(message: Fields): Fields {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map(({ index: _index, ...call }: Fields) => call) }
}
