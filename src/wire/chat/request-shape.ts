import type { RequestShape } from '../../core/completion-record.ts'
import type { Failure } from '../../core/failure.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { hashOf } from '../../json/bytes.ts'
import { lastMemberOf, type Member, textOf } from '../../json/json-bytes.ts'
import type { ChatRequest } from './request.ts'

/** No wish about providers is longer; it is parsed for each request. */
const MAX_PROVIDER_BYTES = 16 * 1024
const MAX_SESSION_BYTES = 1_024

/** What a request needs of whoever serves it: sizes and kinds, never content. What is of a wrong type counts as absent. */
export function shapeOf(request: ChatRequest): RequestShape {
  const { json, media, hasTools } = request
  // The one that is sent on, even where it cannot be read: the other would tell a smaller answer than may come.
  const maxTokens = countOf(request, isGiven(request, 'max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens')
  return {
    promptBytes: json.bytes.byteLength - media.bytes,
    maxTokens,
    hasTools,
    hasImages: media.images > 0,
    imageCount: media.images,
    ...(media.others > 0 && { hasMedia: true }),
    wantsStructuredOutput: wantsStructuredOutput(request),
  }
}

/** The member `provider`, OpenRouter's wishes about providers, as it was sent; `undefined` where there is none. */
export function readProviderWishes(request: ChatRequest): Result<unknown, Failure> {
  const member = lastMember(request, 'provider')
  if (!member) return ok(undefined)
  if (member.end - member.valueStart <= MAX_PROVIDER_BYTES)
    return ok(JSON.parse(valueText(request, member)) ?? undefined)
  const message = `provider must not be longer than ${MAX_PROVIDER_BYTES} bytes.`
  return err({ kind: 'bad_request', message, param: 'provider' })
}

/**
 * What a conversation is known by: the client's `prompt_cache_key`, else the header `x-session-id`, else its first
 * messages, which stay the same while it grows.
 */
export function sessionOf(request: ChatRequest, header: string | undefined): string {
  const key = smallValue(request, 'prompt_cache_key', MAX_SESSION_BYTES)
  if (typeof key === 'string' && key !== '') return `key ${key}`
  if (header) return `header ${header.slice(0, MAX_SESSION_BYTES)}`
  const { start = 0, end = 0 } = request.opening ?? {}
  return `opening ${hashOf(request.json.bytes.subarray(start, end))}`
}

function wantsStructuredOutput(request: ChatRequest): boolean {
  const member = lastMember(request, 'response_format')
  const type = member && lastMemberOf(request.json, member.valueStart, 'type')
  if (!type || type.end - type.start > 64) return false
  return ['json_schema', 'json_object'].includes(JSON.parse(textOf(request.json, type.start, type.end)))
}

/** The person on whose behalf a client asks: `user`. Operators read it in terminals, so no control character comes along. */
export function userOf(request: ChatRequest): string | undefined {
  const value = smallValue(request, 'user', MAX_SESSION_BYTES)
  return typeof value === 'string' && value !== '' ? value.replace(/\p{Cc}/gu, '?') : undefined
}

function isGiven(request: ChatRequest, key: string): boolean {
  const member = lastMember(request, key)
  return (
    member !== undefined &&
    valueText(request, { ...member, end: Math.min(member.end, member.valueStart + 4) }) !== 'null'
  )
}

/** A part of a token limits nothing: a provider that rounds it down to 0 takes that for no limit. */
function countOf(request: ChatRequest, key: string): number | undefined {
  const value = smallValue(request, key, 32)
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined
}

function smallValue(request: ChatRequest, key: string, maxBytes: number): unknown {
  const member = lastMember(request, key)
  return member && member.end - member.valueStart <= maxBytes ? JSON.parse(valueText(request, member)) : undefined
}

const lastMember = ({ members }: ChatRequest, key: string) => members.findLast((member) => member.key === key)
const valueText = ({ json }: ChatRequest, { valueStart, end }: Member) => textOf(json, valueStart, end)
