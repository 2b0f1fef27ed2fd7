import type { ChatRequest } from '../chat/request.ts'

/** UTF-8 bytes that make a token, on average over prose, code and JSON. */
const BYTES_PER_TOKEN = 4
/** What a picture costs, whatever its bytes: models count its tiles, of which nothing is known here. */
const TOKENS_PER_IMAGE = 1_600

/**
 * Estimates how many tokens a chat completion's messages and tools are. Nobody is asked: how far off it is on recorded
 * answers stands in docs/clients.md.
 */
export function estimateTokens({ members, media }: ChatRequest): number {
  const counted = members.filter(({ key }) => key === 'messages' || key === 'tools')
  const bytes = counted.reduce((sum, { valueStart, end }) => sum + end - valueStart, -media.bytes)
  return Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN)) + media.images * TOKENS_PER_IMAGE
}
