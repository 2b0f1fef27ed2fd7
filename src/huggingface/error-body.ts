import type { UpstreamError } from '../core/routing/outcome.ts'
import { isFields, readError } from '../wire/chat/chunk.ts'

/**
 * Reads the body of an error answer, whatever it is: JSON of some shape, HTML, text, nothing. What it says may still hold
 * a token.
 */
export function readErrorBody(text: string, status: number): UpstreamError {
  if (!isReadable(text)) return { message: `HTTP ${status} with a body that is not text` }
  const error = parse(text) ?? { message: readProse(text) }
  return { ...error, message: error.message || `HTTP ${status} without a message` }
}

/** Bytes in an encoding that nobody asked for decode to control characters and U+FFFD; one of the latter may be a slip. */
function isReadable(text: string): boolean {
  let strange = 0
  for (let index = 0; index < text.length; index++) if (isStrange(text.charCodeAt(index))) strange++
  return strange <= 1 || strange / text.length < MAX_STRANGE_SHARE
}

const MAX_STRANGE_SHARE = 0.02
const isStrange = (unit: number) => unit < 0x09 || (unit > 0x0d && unit < 0x20) || unit === 0xfffd

function parse(text: string): UpstreamError | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return isFields(body) ? readError(body) : undefined
  } catch {
    return undefined
  }
}

/** The title of an error page, else its text without the tags. */
function readProse(text: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]
  const prose = title ?? text.replace(/<(script|style)[^>]*>.*?<\/\1>/gis, ' ').replace(/<[^>]*>/g, ' ')
  return prose.replace(/\s+/g, ' ').trim()
}
