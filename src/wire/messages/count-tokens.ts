import { type Fields, isFields } from '../chat/chunk.ts'

/** UTF-8 bytes that make a token, on average over prose, code and JSON. */
const BYTES_PER_TOKEN = 4
/** What a picture costs, whatever its bytes: models count its tiles, of which nothing is known here. */
const TOKENS_PER_IMAGE = 1_600

/**
 * Estimates how many tokens a chat completion's messages and tools are. Nobody is asked: how far off it is on recorded
 * answers stands in docs/clients.md.
 */
export function estimateTokens({ messages, tools }: Fields): number {
  let images = 0
  const text = JSON.stringify([messages, tools ?? []], (_key, value: unknown) => {
    if (!isFields(value) || value['type'] !== 'image_url') return value
    images += 1
    return null
  })
  const bytes = new TextEncoder().encode(text).byteLength
  return Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN)) + images * TOKENS_PER_IMAGE
}
