/** What a client of whichever surface makes of an answer. */
export type ReadAnswer = {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly ReadCall[]
  /** The surface's own word for how it ended: a status, a stop reason; `undefined` where it did not. */
  readonly end: string | undefined
  readonly usage: Fields | undefined
  /** The message of the error that it ended with. */
  readonly error?: string | undefined
}

export type ReadCall = {
  readonly id: string
  readonly name: string
  readonly arguments: string
  readonly namespace?: string
}
export type Fields = Readonly<Record<string, unknown>>
export type SseEvent = { readonly event: string | undefined; readonly data: string }

/** Reads events out of a text, as the standard says; comments are no events. */
export function eventsOf(text: string): SseEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'))
    const valuesOf = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
    const data = valuesOf('data')
    return data.length > 0 ? [{ event: valuesOf('event')[0], data: data.join('\n') }] : []
  })
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws {Error} Where the value is no JSON object. */
export function fieldsOf(value: unknown): Fields {
  if (!isFields(value)) throw new Error(`no object: ${JSON.stringify(value)}`)
  return value
}

/** The objects in a list; none where there is no list. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** A text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** @throws {Error} Unless the condition holds. */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}
