import { type Fields, isFields } from '../wire/chat/chunk.ts'
import type { KnownReason } from './finish-reason.ts'
import { type CallsState, createCallsState } from './normalize-calls.ts'

/** What has come of one choice. */
export type ChoiceState = {
  hasRole: boolean
  /** Content, a refusal, an image or a sound: what a person reads. */
  hasText: boolean
  hasReasoning: boolean
  /** Whether what was said came in pieces. */
  saysDeltas: boolean
  readonly calls: CallsState
  /** Of what was said, in UTF-16 units. */
  textLength: number
  /** Whether calls reached the client that nobody looked at. */
  hasUnreadCalls: boolean
  /** Its end, until it goes on. */
  finish: { readonly reason: KnownReason; readonly isProof: boolean } | undefined
}

/** What has come of one answer: of a stream so far, or of a JSON body. The place that says whether it is one. */
export type AnswerState = {
  readonly choices: Map<number, ChoiceState>
  readonly newId: () => string
  /** The index that the provider gives to the only choice that was asked for, once it has come; 0 where there are several. */
  firstIndex: number | undefined
  /** As the upstream told them last. */
  completionTokens: number | undefined
}

const TEXTS = ['content', 'refusal', 'audio', 'images', 'function_call']
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details', 'thinking']

/**
 * @param newId Makes ids for tool calls that came without one.
 * @param choiceCount How many choices were asked for; of a JSON answer, how many came.
 */
export function createAnswerState(newId: () => string, choiceCount: number): AnswerState {
  return { choices: new Map(), newId, firstIndex: choiceCount === 1 ? undefined : 0, completionTokens: undefined }
}

/** What has come of a choice; nothing yet of one that is new. */
export function choiceOf(state: AnswerState, index: number): ChoiceState {
  const known = state.choices.get(index)
  if (known) return known
  const choice: ChoiceState = {
    hasRole: false,
    hasText: false,
    hasReasoning: false,
    saysDeltas: false,
    calls: createCallsState(state.newId),
    textLength: 0,
    hasUnreadCalls: false,
    finish: undefined,
  }
  state.choices.set(index, choice)
  return choice
}

/** Notes what a delta, or a message, says. A choice that says something after its finish was not finished. */
export function noteSaid(choice: ChoiceState, said: Fields, legacyText: unknown): void {
  const hasText = TEXTS.some((member) => isSomething(said[member])) || isSomething(legacyText)
  const hasReasoning = REASONING.some((member) => isSomething(said[member]))
  if (hasText) choice.hasText = true
  if (hasReasoning) choice.hasReasoning = true
  if (hasText || hasReasoning || isSomething(said['tool_calls'])) choice.finish = undefined
  choice.textLength += lengthOf(said)
}

/** Content, reasoning, a refusal, names and arguments of calls. The other names of reasoning repeat it. */
function lengthOf(said: Fields): number {
  const reasoning = said['reasoning_content'] ?? said['reasoning'] ?? said['reasoning_text']
  let length = lengthOfText(said['content']) + lengthOfText(reasoning) + lengthOfText(said['refusal'])
  const calls: unknown = said['tool_calls']
  if (!Array.isArray(calls)) return length
  for (const call of calls) {
    const called: unknown = isFields(call) ? call['function'] : undefined
    if (isFields(called)) length += lengthOfText(called['name']) + lengthOfText(called['arguments'])
  }
  return length
}

const lengthOfText = (text: unknown): number => (typeof text === 'string' ? text.length : 0)

export const hasCalls = ({ calls, hasUnreadCalls }: ChoiceState) => calls.namedCount > 0 || hasUnreadCalls

/** Whether a call came that nobody can run, for its name was lost. */
export const hasNamelessCall = ({ calls, hasUnreadCalls }: ChoiceState) =>
  calls.count > calls.namedCount && !hasUnreadCalls

/** Whether tool calls came, and none that nobody looked at. */
export function hadReadCalls({ choices }: AnswerState): boolean {
  const all = [...choices.values()]
  return all.some(({ calls }) => calls.count > 0) && !all.some(({ hasUnreadCalls }) => hasUnreadCalls)
}

const saysSomething = (choice: ChoiceState) => choice.hasText || choice.hasReasoning || hasCalls(choice)

const needsNoWords = ({ finish }: ChoiceState) => finish?.reason === 'length' || finish?.reason === 'content_filter'

/** Whether an answer has begun: something was said, or it ended in a way that needs no words. */
export function hasBegun({ choices, completionTokens }: AnswerState): boolean {
  for (const choice of choices.values()) {
    if (saysSomething(choice) || needsNoWords(choice)) return true
    // Tokens were made, and not shown: reasoning that the provider keeps to itself.
    if (choice.finish && (completionTokens ?? 0) > 0) return true
  }
  return false
}

/**
 * Whether the finish reasons alone say that the answer is whole.
 *
 * @param choiceCount How many choices were asked for. A provider may send fewer, but then it has to end the stream itself.
 */
export function isFinished({ choices }: AnswerState, choiceCount: number): boolean {
  return choices.size >= choiceCount && all(choices, ({ finish }) => finish?.isProof === true)
}

/** Whether some choice has a finish reason, whichever. */
export function hasFinish({ choices }: AnswerState): boolean {
  for (const { finish } of choices.values()) if (finish !== undefined) return true
  return false
}

/** Whether they do together with a clean end: each choice that has begun has one, even one that nobody knows. */
export function isFinishedAtEnd({ choices }: AnswerState): boolean {
  return all(choices, ({ finish }) => finish !== undefined)
}

function all(choices: AnswerState['choices'], holds: (choice: ChoiceState) => boolean): boolean {
  for (const choice of choices.values()) if (!holds(choice)) return false
  return choices.size > 0
}

/** The length of all that was said, in UTF-16 units: what can be counted where no usage is told. */
export function textLengthOf({ choices }: AnswerState): number {
  let sum = 0
  for (const { textLength } of choices.values()) sum += textLength
  return sum
}

/** What says which kind of thing it is, and nothing of it. */
const LABELS = ['type', 'id', 'index', 'format']
const MAX_DEPTH = 8

/** Whether there is a text in a value, or in what it holds: a list of empty parts says nothing. */
function isSomething(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.length > 0
  if (typeof value !== 'object' || value === null) return false
  if (depth === MAX_DEPTH) return true
  if (Array.isArray(value)) return value.some((item) => isSomething(item, depth + 1))
  return Object.entries(value).some(([name, member]) => !LABELS.includes(name) && isSomething(member, depth + 1))
}
