import type { RawAnswer } from '../support/raw-client.ts'
import { type Fields, isFields } from '../support/sse-answer.ts'

/** What a client makes of an answer. Written from what clients do, without a line of the gateway's. */
export type Reading = {
  readonly text: string
  /** Arguments of the tool calls, in order. */
  readonly toolArguments: readonly string[]
  /** A finish reason or `[DONE]` was seen; of a JSON body: it parsed. */
  readonly isComplete: boolean
  /** The message of an error that clients raise. */
  readonly error?: string
  /** A finish reason `error`: some clients heed it, most do not. */
  readonly saysError?: boolean
  /** What no client could read, or would read wrongly. */
  readonly unreadable?: string
  /** Blemishes that leave the answer whole. */
  readonly notes: readonly string[]
}

const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call']

/** Reads what came with status 200 for a stream. */
export function readStream({ events, body }: RawAnswer): Reading {
  if (events.length === 0 && body.trim() !== '') return unreadable(`no event in ${body.slice(0, 80)}`, '')
  const state = createStreamState()
  for (const { data } of events) {
    const problem = state.read(data)
    if (problem !== undefined) return unreadable(problem, state.reading().text)
  }
  const reading = state.reading()
  const isEmpty = reading.text === '' && reading.toolArguments.length === 0 && !state.hasFinish()
  if (reading.isComplete && isEmpty && reading.error === undefined) return unreadable('an empty stream', '')
  return reading
}

/** What a client gathers, event by event. */
function createStreamState() {
  const calls = new Map<number, string>()
  const notes = new Set<string>()
  let text = ''
  let finish: string | undefined
  let done = false
  let error: string | undefined
  const readChoice = (choice: Fields) => {
    const delta = isFields(choice['delta']) ? choice['delta'] : {}
    if (typeof delta['content'] === 'string') text += delta['content']
    for (const call of listOf(delta['tool_calls'])) addCall(calls, call, notes)
    const reason = choice['finish_reason']
    if (typeof reason !== 'string' || reason === '') return
    finish = reason
    if (!FINISH_REASONS.includes(reason)) notes.add(`a finish reason that clients do not know: ${reason}`)
  }
  return {
    hasFinish: () => finish !== undefined,
    /** @returns Why no client could go on reading. */
    read(data: string): string | undefined {
      // Clients stop reading at [DONE], so what comes after it changes nothing for them.
      if (done) notes.add('something came after [DONE]')
      else if (data === '[DONE]') done = true
      else return readChunk(data)
      return undefined
    },
    reading: (): Reading => ({
      text,
      toolArguments: [...calls.values()],
      isComplete: finish !== undefined || done,
      saysError: finish === 'error',
      notes: [...notes],
      ...(error !== undefined && { error }),
    }),
  }

  function readChunk(data: string): string | undefined {
    const chunk = parse(data)
    if (!chunk) return `an event that is not JSON: ${data.slice(0, 80)}`
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      error ??= messageOf(chunk['error'])
      return undefined
    }
    const before = text
    for (const choice of listOf(chunk['choices'])) readChoice(choice)
    return error !== undefined && text !== before ? 'the answer went on after its error' : undefined
  }
}

/** Reads what came with status 200 for a JSON body. */
export function readJson({ body }: RawAnswer): Reading {
  if (body.trim() === '') return unreadable('an empty 200', '')
  const answer = parse(body)
  if (!answer) return unreadable(`not JSON: ${body.slice(0, 80)}`, '')
  if (answer['error'] !== undefined) return unreadable('an error with status 200', '')
  const choice = listOf(answer['choices'])[0]
  const message = choice?.['message']
  if (!isFields(message)) return unreadable('no message in a 200', '')
  const notes: string[] = []
  const toolArguments = listOf(message['tool_calls']).map((call) => {
    if (typeof call['id'] !== 'string' || call['id'] === '') notes.push('a tool call without an id')
    const fn = isFields(call['function']) ? call['function'] : {}
    return String(fn['arguments'])
  })
  const reason = choice?.['finish_reason']
  const saysError = reason === 'error'
  if (typeof reason === 'string' && !FINISH_REASONS.includes(reason)) notes.push(`an unknown finish reason: ${reason}`)
  const content = message['content']
  return { text: typeof content === 'string' ? content : '', toolArguments, isComplete: true, saysError, notes }
}

/** Reads an error answer. @returns Its message, or `undefined` where a client finds none. */
export function readErrorAnswer({ body }: RawAnswer): string | undefined {
  const error = parse(body)?.['error']
  const message = isFields(error) ? error['message'] : undefined
  return typeof message === 'string' && message !== '' ? message : undefined
}

function addCall(calls: Map<number, string>, call: Fields, notes: Set<string>): void {
  if (typeof call['index'] !== 'number') notes.add('a tool call without an index')
  const index = typeof call['index'] === 'number' ? call['index'] : Math.max(0, calls.size - 1)
  const known = calls.get(index)
  if (known === undefined && (typeof call['id'] !== 'string' || call['id'] === '')) {
    notes.add('a tool call without an id')
  }
  const fn = isFields(call['function']) ? call['function'] : {}
  calls.set(index, (known ?? '') + (typeof fn['arguments'] === 'string' ? fn['arguments'] : ''))
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  const message = isFields(error) ? error['message'] : undefined
  return typeof message === 'string' ? message : ''
}

function unreadable(why: string, text: string): Reading {
  return { text, toolArguments: [], isComplete: false, unreadable: why, notes: [] }
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}
