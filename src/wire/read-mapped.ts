import { type Failure, GatewayError } from '../core/failure.ts'
import { err, ok, type Result } from '../core/result.ts'
import { hasMoreValuesThan } from '../json/count-values.ts'
import type { Fields } from './chat/chunk.ts'
import { type ChatRequest, parseChatRequest } from './chat/request.ts'
import { catchRefusal } from './refuse.ts'

/** What a surface's request became, and the chat completion of it that goes up. */
export type Mapped<T> = {
  readonly mapped: T
  readonly chat: ChatRequest
  readonly withoutReasoning?: () => ChatRequest
}

/** A long session of a coding agent's has some ten thousand. */
const MAX_VALUES = 250_000
const NOT_JSON: Failure = { kind: 'bad_request', message: 'The body is not JSON in UTF-8. Send a JSON object.' }

/** Reads the body of a surface that is no chat completion, and makes one of it. Never throws. */
export function readMapped<T extends MappedChat>(
  body: Uint8Array,
  map: (value: unknown) => Result<T, Failure>,
): Result<Mapped<T>, Failure> {
  const value = parseJson(body)
  if (!value.ok) return value
  const mapped = map(value.value)
  if (!mapped.ok) return mapped
  const { chat: fields, messagesWithoutReasoning } = mapped.value
  const chat = toChatRequest(fields)
  if (!chat.ok) return chat
  if (!messagesWithoutReasoning) return ok({ mapped: mapped.value, chat: chat.value })
  // Made only for a target that needs it: it weighs as much as the other.
  const withoutReasoning = () => unwrapped(toChatRequest({ ...fields, messages: messagesWithoutReasoning }))
  return ok({ mapped: mapped.value, chat: chat.value, withoutReasoning })
}

/** A chat completion's body, and its messages without reasoning where there is some in them. */
type MappedChat = { readonly chat: Fields; readonly messagesWithoutReasoning?: readonly Fields[] | undefined }

function toChatRequest(fields: Fields): Result<ChatRequest, Failure> {
  const bytes = catchRefusal(() => new TextEncoder().encode(JSON.stringify(fields)))
  return bytes.ok ? parseChatRequest(bytes.value) : bytes
}

/** What was a chat completion with its reasoning is one without it. */
function unwrapped(chat: Result<ChatRequest, Failure>): ChatRequest {
  if (!chat.ok) throw new GatewayError(chat.error)
  return chat.value
}

/** Parses a body as strictly as a chat completion's is read: bytes that are not UTF-8 are no text to guess at. */
function parseJson(body: Uint8Array): Result<unknown, Failure> {
  if (hasMoreValuesThan(body, MAX_VALUES)) {
    return err({ kind: 'bad_request', message: `The body holds more than ${MAX_VALUES} JSON values. Send less of it.` })
  }
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)))
  } catch {
    return err(NOT_JSON)
  }
}
