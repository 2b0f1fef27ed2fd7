import type { UpstreamError } from '../core/routing/outcome.ts'
import { type Fields, isFields, readError } from '../wire/chat/chunk.ts'

/**
 * Finds the failure in what came with status 200, as an event's data or as a JSON answer, under whichever name: `error`,
 * `errors`, `success: false`, an error inside a choice, or an object that speaks of a failure and holds no answer.
 */
export function findFailure(body: Fields): UpstreamError | undefined {
  const { error, errors, choices } = body
  const isAnswer = (Array.isArray(choices) && choices.some(isFields)) || isFields(body['usage'])
  if (error && (!isAnswer || saysSomething(error))) return readError(body)
  if (saysSomething(errors)) return readError({ ...body, error: errors })
  const inChoice = findInChoices(choices)
  if (inChoice !== undefined) return readError({ error: inChoice })
  if (body['success'] === false || (!isAnswer && speaksOfFailure(body))) return readError({ ...body, error: undefined })
  return undefined
}

function findInChoices(choices: unknown): unknown {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    if (!isFields(choice)) continue
    for (const part of [choice, choice['delta'], choice['message']]) {
      const error = isFields(part) ? part['error'] : undefined
      if (error && saysSomething(error)) return error
    }
  }
  return undefined
}

/** A good answer without the `error` that says nothing beside it: clients raise whatever has that name. */
export function withoutEmptyError(body: Fields): Fields {
  if (!('error' in body)) return body
  const { error: _error, ...rest } = body
  return rest
}

/** Some providers write an error of empty members beside every good answer. */
function saysSomething(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (Array.isArray(value)) return value.some(saysSomething)
  if (isFields(value)) return Object.values(value).some(saysSomething)
  return Boolean(value)
}

function speaksOfFailure(body: Fields): boolean {
  if (Array.isArray(body['choices']) && body['choices'].length === 0 && isChunk(body)) return false
  return (
    body['object'] === 'error' || body['type'] === 'error' || FAILURE_MEMBERS.some((name) => saysSomething(body[name]))
  )
}

const FAILURE_MEMBERS = [
  ...['message', 'detail', 'code', 'msg', 'error_message', 'error_code', 'error_msg', 'errorMessage', 'Error', 'err'],
  ...['exception', 'fault', 'failure'],
]

const isChunk = ({ object }: Fields) => typeof object === 'string' && object.startsWith('chat.completion')
