import type { UpstreamError } from '../core/routing/outcome.ts'

/** Takes tokens out of a text. Leaves JSON what it is. */
export type Redact = ((text: string) => string) & {
  /** Takes out the deployment's own token and nothing else: for texts that are an answer. */
  readonly ownToken: (text: string) => string
}

/** A shorter token would take ordinary words out of messages. */
const MIN_SECRET_CHARACTERS = 8
const MAX_CHARACTERS = 1_000

/**
 * Made from the token of the deployment, which need not look like one of Hugging Face's: an upstream may quote what it
 * was sent.
 */
export function createRedact(token: string | undefined): Redact {
  const isSecret = token !== undefined && token.length >= MIN_SECRET_CHARACTERS
  const ownToken = (text: string) => (isSecret ? text.replaceAll(token, '[redacted]') : text)
  const redact = (text: string) => ownToken(text).replace(/\bhf_\w+|\bBearer\s+[^\s"\\]+/gi, '[redacted]')
  return Object.assign(redact, { ownToken })
}

/** An upstream's error as it may be logged and told: no token in any of its texts, none of them long. */
export function toReportable({ message, ...rest }: UpstreamError, redact: Redact): UpstreamError {
  const shorten = (text: string) => redact(text).slice(0, MAX_CHARACTERS)
  const others = Object.entries(rest).map(([name, text]) => [name, shorten(text)])
  return { message: shorten(message), ...Object.fromEntries(others) }
}
