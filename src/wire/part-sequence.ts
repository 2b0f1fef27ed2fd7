import type { AnswerPieces, CallPiece } from './answer-pieces.ts'

/** A part of an answer: a stretch of reasoning, a stretch of text, or a tool call with its arguments. */
export type Part = {
  readonly kind: 'reasoning' | 'text' | 'call'
  /** Its place among the parts of the answer. */
  readonly position: number
  /** Of a call alone; empty otherwise. */
  readonly id: string
  readonly name: string
  /** What has come of it. */
  readonly text: string
}

/** How a surface writes a part: each method returns the text to send. */
export type PartWriter = {
  open(part: Part): string
  add(part: Part, piece: string): string
  close(part: Part): string
}

export type PartSequence = {
  /** Takes the next pieces of the answer. */
  add(pieces: AnswerPieces): string
  /** Closes what is open, and writes what had to wait. */
  end(): string
}

type Growing = { -readonly [member in keyof Part]: Part[member] } & { readonly key: string }

/**
 * Puts the parts of a streamed answer one after the other, as surfaces demand whose parts never overlap. A call is over
 * when another part begins and its arguments are whole JSON. If they are not, a provider is writing several calls by
 * turns: the others wait for the end.
 */
export function createPartSequence(writer: PartWriter): PartSequence {
  const waiting = new Map<string, Growing>()
  const closedCalls = new Set<string>()
  /** The id of the latest call at an index. */
  const callIds = new Map<number, string>()
  let open: Growing | undefined
  let isShown = false
  let count = 0

  const show = (part: Growing) => {
    if (isShown) return ''
    isShown = true
    return writer.open(part) + (part.text === '' ? '' : writer.add(part, part.text))
  }
  /** A call is not shown before its arguments begin: until then more of its name may come. */
  const begin = (part: Growing) => {
    open = part
    isShown = false
    part.position = count++
    return part.kind === 'call' && part.text === '' ? '' : show(part)
  }
  const close = () => {
    if (!open) return ''
    const part = open
    const shown = show(part)
    open = undefined
    if (part.kind === 'call') closedCalls.add(part.key)
    return shown + writer.close(part)
  }
  /** A name with another id begins another call, whatever its index: some providers give all of them the same. */
  const keyOf = ({ index, id, name }: CallPiece) => {
    const known = callIds.get(index)
    if (known === undefined || (id !== '' && name !== '')) callIds.set(index, id)
    return `${index} ${callIds.get(index)}`
  }
  const grow = (known: Growing, piece: string, name: string) => {
    const wasShown = known === open && isShown
    known.text += piece
    if (!wasShown) known.name = joinName(known.name, name)
    if (known !== open || piece === '') return ''
    return wasShown ? writer.add(known, piece) : show(known)
  }
  const put = (kind: Part['kind'], piece: string, call?: CallPiece): string => {
    const key = call ? keyOf(call) : kind
    const known = open?.key === key ? open : waiting.get(key)
    if (known) return grow(known, piece, call?.name ?? '')
    if (closedCalls.has(key)) return '' // its arguments were whole: what follows them is no part of them
    const part: Growing = { key, kind, text: piece, position: 0, id: call?.id ?? '', name: call?.name ?? '' }
    if (waiting.size > 0 || (open && !isWhole(open)) || call?.name === '') {
      waiting.set(key, part)
      return ''
    }
    return close() + begin(part)
  }
  return {
    add({ reasoning, text, calls }) {
      let written = reasoning === '' ? '' : put('reasoning', reasoning)
      if (text !== '') written += put('text', text)
      for (const call of calls) written += put('call', call.arguments, call)
      return written
    },
    end() {
      let written = close()
      for (const part of waiting.values()) written += begin(part) + close()
      return written
    },
  }
}

/** A name that comes in pieces, or grows from piece to piece. */
function joinName(begun: string, more: string): string {
  return more.startsWith(begun) ? more : begun + more
}

function isWhole({ kind, text }: Part): boolean {
  if (kind !== 'call') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
