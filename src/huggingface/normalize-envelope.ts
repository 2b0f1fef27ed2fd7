import { type Fields, isFields } from '../wire/chat/chunk.ts'

const COUNTS = ['prompt_tokens', 'completion_tokens', 'total_tokens']
const DETAILS = ['prompt_tokens_details', 'completion_tokens_details']

/**
 * Gives what stands around the choices, of a chunk or of a whole answer, the types that clients with a schema read: they
 * drop all of a chunk, its words and its end too, for an id that is a number. What cannot be had in its type is left out.
 *
 * @returns The very same body where nothing had to change.
 */
export function normalizeEnvelope(body: Fields): Fields {
  const { id, model, created, usage } = body
  const wrong: Record<string, unknown> = {}
  if (!isAbsentOr(id, 'string')) wrong['id'] = typeof id === 'number' ? String(id) : undefined
  if (!isAbsentOr(model, 'string')) wrong['model'] = undefined
  if (!isAbsentOr(created, 'number')) wrong['created'] = toSeconds(created)
  const told = usage === undefined || usage === null ? usage : readableUsage(usage)
  if (told !== usage) wrong['usage'] = told
  const names = Object.keys(wrong)
  if (names.length === 0) return body
  return Object.fromEntries(Object.entries({ ...body, ...wrong }).filter(([, value]) => value !== undefined))
}

const isAbsentOr = (value: unknown, type: 'string' | 'number') =>
  value === undefined || value === null || typeof value === type

function readableUsage(usage: unknown): Fields | undefined {
  if (!isFields(usage) || !COUNTS.every((name) => isAbsentOr(usage[name], 'number'))) return undefined
  let readable = usage
  for (const name of DETAILS) {
    const details = usage[name]
    if (details === undefined || details === null) continue
    const counts = isFields(details) ? Object.entries(details).filter(([, count]) => isAbsentOr(count, 'number')) : []
    const isSame = isFields(details) && counts.length === Object.keys(details).length
    if (!isSame) readable = { ...readable, [name]: Object.fromEntries(counts) }
  }
  return readable
}

/** Seconds since the epoch, of a number that came as text. */
function toSeconds(created: unknown): number | undefined {
  return typeof created === 'string' && /^\d{1,12}$/.test(created) ? Number(created) : undefined
}
