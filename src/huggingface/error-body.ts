import type { UpstreamError } from '../core/routing/outcome.ts'
import { isFields, readError } from '../wire/chat/chunk.ts'

const MAX_MESSAGE_CHARACTERS = 1_000

/** Reads the body of an error answer, whatever it is: JSON of some shape, HTML, text, nothing. */
export function readErrorBody(text: string, status: number): UpstreamError {
  const error = parse(text) ?? { message: readProse(text) }
  return toReportable({ ...error, message: error.message || `HTTP ${status} without a message` })
}

/** An upstream's error as it may be logged and told: no token in any of its texts, none of them long. */
export function toReportable({ message, ...rest }: UpstreamError): UpstreamError {
  const shorten = (text: string) => redact(text).slice(0, MAX_MESSAGE_CHARACTERS)
  const others = Object.entries(rest).map(([name, text]) => [name, shorten(text)])
  return { message: shorten(message), ...Object.fromEntries(others) }
}

/** Texts that no message repeats; the isolate's. */
const secrets = new Set<string>()

/** Names a text that {@link redact} takes out from now on: tokens of other makes do not look like one. */
export function neverRepeat(secret: string): void {
  secrets.add(secret)
}

/** Takes out tokens: an upstream may quote the one that it was sent. Leaves JSON what it is. */
export function redact(text: string): string {
  let safe = text
  for (const secret of secrets) safe = safe.replaceAll(secret, '[redacted]')
  return safe.replace(/\bhf_\w+|\bBearer\s+[^\s"\\]+/gi, '[redacted]')
}

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
