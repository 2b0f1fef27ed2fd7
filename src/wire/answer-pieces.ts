import { type Chunk, type Fields, isFields } from './chat/chunk.ts'

/** A piece of a tool call; its id and name come with its first piece. */
export type CallPiece = {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** What a delta, or a whole message, says to its reader. Empty texts say nothing. */
export type AnswerPieces = {
  readonly reasoning: string
  readonly text: string
  readonly calls: readonly CallPiece[]
}

/** Members in which providers send reasoning as text; one that sends several says the same in each. */
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking', 'reasoning_details']
const NO_CALLS: readonly CallPiece[] = []

/** Reads the one choice that is asked for by surfaces that know no others. */
export function piecesOf(chunk: Chunk): AnswerPieces & { readonly choice: Fields | undefined } {
  const choice = chunk.choices.find(({ index }) => index === undefined || index === 0)
  const carrier = choice?.['delta'] ?? choice?.['message']
  const fields = isFields(carrier) ? carrier : {}
  const content = fields['content'] ?? choice?.['text']
  const parts = Array.isArray(content) ? content : []
  return {
    choice,
    reasoning: reasoningOf(fields) || parts.map(thoughtOf).join(''),
    text:
      (typeof content === 'string' ? content : parts.map(textOf).join('')) ||
      textIn(fields, 'refusal') ||
      textIn(fields['audio'], 'transcript'),
    calls: callsOf(fields),
  }
}

function reasoningOf(fields: Fields): string {
  for (const name of REASONING) {
    const text = thoughtIn(fields[name])
    if (text !== '') return text
  }
  return ''
}

/** What a thought says, as a text, as a list of its pieces or as an object around it. */
export function thoughtIn(thought: unknown): string {
  if (typeof thought === 'string') return thought
  const pieces: readonly unknown[] = Array.isArray(thought) ? thought : [thought]
  const textOfPiece = (piece: unknown) =>
    typeof piece === 'string' ? piece : textOf(piece) || textIn(piece, 'content') || textIn(piece, 'summary')
  return pieces.map(textOfPiece).join('')
}

function callsOf(fields: Fields): readonly CallPiece[] {
  const calls = fields['tool_calls']
  if (!Array.isArray(calls) || calls.length === 0) return NO_CALLS
  return calls.filter(isFields).map((call, position) => {
    const fn = call['function'] ?? call['custom']
    const written: unknown = isFields(fn) ? (fn['arguments'] ?? fn['input']) : undefined
    return {
      index: typeof call['index'] === 'number' ? call['index'] : position,
      id: textIn(call, 'id'),
      name: textIn(fn, 'name'),
      arguments: isFields(written) ? JSON.stringify(written) : typeof written === 'string' ? written : '',
    }
  })
}

/** Mistral's content is a list of parts, thinking among them. */
function thoughtOf(part: unknown): string {
  const thinking = isFields(part) ? part['thinking'] : undefined
  return Array.isArray(thinking) ? thinking.map(textOf).join('') : typeof thinking === 'string' ? thinking : ''
}

const textOf = (part: unknown) => textIn(part, 'text')

function textIn(value: unknown, name: string): string {
  const text = isFields(value) ? value[name] : undefined
  return typeof text === 'string' ? text : ''
}
