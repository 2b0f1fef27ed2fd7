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
    const value: unknown = JSON.parse(dataOf(text))
    // Gemini puts its errors into a list.
    const body: unknown = Array.isArray(value) && isFields(value[0]) ? value[0] : value
    return isFields(body) ? readError(body) : undefined
  } catch {
    return undefined
  }
}

/** What the first event says where a stream was begun before its error was known; else the text itself. */
function dataOf(text: string): string {
  return /^(?:event:[^\n]*\n)?data:([^\n]*)/.exec(text)?.[1] ?? text
}

/** The title of an error page, else its text without the tags. Every letter is looked at a few times, whatever is open. */
function readProse(text: string): string {
  return (titleOf(text) ?? withoutTags(text)).replace(/\s+/g, ' ').trim()
}

function titleOf(text: string): string | undefined {
  const lower = text.toLowerCase()
  const tag = lower.indexOf('<title')
  const start = tag === -1 ? -1 : text.indexOf('>', tag) + 1
  const end = start <= 0 ? -1 : lower.indexOf('</title>', start)
  const title = end === -1 ? '<' : text.slice(start, end)
  return title.includes('<') ? undefined : title
}

/** The elements whose text is none. */
const NO_PROSE = ['script', 'style']

function withoutTags(text: string): string {
  const lower = text.toLowerCase()
  let prose = ''
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('<', at)
    if (open === -1) return prose + text.slice(at)
    prose += `${text.slice(at, open)} `
    const hidden = NO_PROSE.find((name) => lower.startsWith(name, open + 1))
    const close = hidden === undefined ? open : lower.indexOf(`</${hidden}`, open)
    const end = close === -1 ? -1 : text.indexOf('>', close)
    if (end === -1) return prose + (hidden === undefined ? text.slice(open) : '')
    at = end + 1
  }
  return prose
}
