import { type Fields, isFields } from '../wire/chat/chunk.ts'
import { type CallsState, createCallsState } from './normalize-calls.ts'

/** What has come of one choice. */
export type ChoiceState = {
  hasRole: boolean
  /** Content, a refusal, an image or a sound: what a person reads. */
  hasText: boolean
  hasReasoning: boolean
  readonly calls: CallsState
  /** Of what was said, in UTF-16 units. */
  textLength: number
  /** Whether calls reached the client that nobody looked at. */
  hasUnreadCalls: boolean
  /** Its end, until it goes on. */
  finish: { readonly isProof: boolean; readonly mayBeEmpty: boolean } | undefined
}

/** What has come of one answer: of a stream so far, or of a JSON body. The place that says whether it is one. */
export type AnswerState = {
  readonly choices: Map<number, ChoiceState>
  readonly newId: () => string
  /** As the upstream told them last. */
  completionTokens: number | undefined
}

const TEXTS = ['content', 'refusal', 'audio', 'images', 'function_call']
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_text', 'reasoning_details', 'thinking']

/** @param newId Makes ids for tool calls that came without one. */
export function createAnswerState(newId: () => string): AnswerState {
  return { choices: new Map(), newId, completionTokens: undefined }
}

/** What has come of a choice; nothing yet of one that is new. */
export function choiceOf(state: AnswerState, index: number): ChoiceState {
  const known = state.choices.get(index)
  if (known) return known
  const choice: ChoiceState = {
    hasRole: false,
    hasText: false,
    hasReasoning: false,
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

export const hasCalls = ({ calls, hasUnreadCalls }: ChoiceState) => calls.count > 0 || hasUnreadCalls

/** Whether tool calls came, and none that nobody looked at. */
export function hadReadCalls({ choices }: AnswerState): boolean {
  const all = [...choices.values()]
  return all.some(({ calls }) => calls.count > 0) && !all.some(({ hasUnreadCalls }) => hasUnreadCalls)
}

const saysSomething = (choice: ChoiceState) => choice.hasText || choice.hasReasoning || hasCalls(choice)

/** Whether an answer has begun: something was said, or it ended in a way that needs no words. */
export function hasBegun({ choices, completionTokens }: AnswerState): boolean {
  for (const choice of choices.values()) {
    if (saysSomething(choice) || choice.finish?.mayBeEmpty) return true
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

function isSomething(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  return isFields(value) && Object.keys(value).length > 0
}
