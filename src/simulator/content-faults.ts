import type { Fault, UsageMode } from './answer.ts'
import { type ChunkChoice, type Delta, type Frame, isChunk, type Piece, tokenPiece } from './pieces.ts'

/** Changes what the stream says as the faults of the group `content` ask; the others leave it alone. */
export function applyContentFaults(pieces: readonly Piece[], faults: readonly Fault[], frame: Frame): Piece[] {
  return faults.reduce<Piece[]>((list, fault) => applyOne(list, fault, frame), [...pieces])
}

/** @returns How usage is sent: a fault's word, else the script's, else the request's. */
export function chooseUsage(faults: readonly Fault[], scripted: UsageMode | undefined, asked: boolean): UsageMode {
  for (const { fault } of faults) {
    if (fault === 'usage_every_chunk') return 'every_chunk'
    if (fault === 'usage_none') return 'none'
    if (fault === 'usage_no_choices') return 'no_choices'
  }
  return scripted ?? (asked ? 'end' : 'none')
}

/** The finish reason that is left in one JSON body: `null` when a fault takes it away. */
export function finishOf(faults: readonly Fault[], ordinary: string): string | null {
  if (faults.some(({ fault }) => fault === 'no_finish' || fault === 'neither')) return null
  const odd = faults.find(({ fault }) => fault === 'finish_reason')
  return odd ? oddReason(odd) : ordinary
}

function applyOne(pieces: Piece[], fault: Fault, frame: Frame): Piece[] {
  const withoutFinish = () => pieces.filter(({ phase }) => phase !== 'finish')
  const withoutDone = (list: Piece[]) => list.filter(({ phase }) => phase !== 'done')
  switch (fault.fault) {
    case 'no_done':
      return withoutDone(pieces)
    case 'no_finish':
      return withoutFinish()
    case 'neither':
      return withoutDone(withoutFinish())
    case 'finish_reason':
      return mapChoices(pieces, (choice) =>
        choice.finish_reason === null ? choice : { ...choice, finish_reason: oddReason(fault) },
      )
    case 'tool_call_without_index':
      return mapToolCalls(pieces, 'index')
    case 'tool_call_without_id':
      return mapToolCalls(pieces, 'id')
    case 'after_done':
      return [...pieces, tokenPiece(frame, ' said after [DONE]', 'late')]
    case 'usage_no_choices':
      return fault.choices === 'absent' ? pieces.map(dropChoicesOfUsage) : pieces
    case 'endless':
      return pieces.filter(({ phase }) => phase === 'open' || phase === 'token')
    default:
      return pieces
  }
}

function oddReason(fault: Fault): string {
  return fault.reason ?? 'eos_token'
}

function mapChoices(pieces: Piece[], change: (choice: ChunkChoice) => ChunkChoice): Piece[] {
  return pieces.map((piece) =>
    isChunk(piece.data) && piece.data.choices
      ? { ...piece, data: { ...piece.data, choices: piece.data.choices.map(change) } }
      : piece,
  )
}

function mapToolCalls(pieces: Piece[], without: 'index' | 'id'): Piece[] {
  return mapChoices(pieces, (choice) => {
    if (!choice.delta.tool_calls) return choice
    const calls = choice.delta.tool_calls.map(({ index, id, ...rest }) => ({
      ...(without !== 'index' && index !== undefined ? { index } : {}),
      ...(without !== 'id' && id !== undefined ? { id } : {}),
      ...rest,
    }))
    const delta: Delta = { ...choice.delta, tool_calls: calls }
    return { ...choice, delta }
  })
}

function dropChoicesOfUsage(piece: Piece): Piece {
  if (piece.phase !== 'usage' || !isChunk(piece.data)) return piece
  const { choices: _gone, ...rest } = piece.data
  return { ...piece, data: rest }
}
