import { type Fields, isFields } from '../wire/chat/chunk.ts'

/** The tool calls of one choice, as far as they have come. */
export type CallsState = {
  count: number
  /** How many of them have a name: nobody can run one that has none. */
  namedCount: number
  latest: Call | undefined
  /** The latest call under each of the provider's indexes. */
  readonly byIndex: Map<number, Call>
  readonly byId: Map<string, Call>
  readonly newId: () => string
}

type Call = {
  readonly index: number
  /** The provider's own; `undefined` while it has told none. */
  id: string | undefined
  name: string | undefined
  /** Whether the provider says the name again in pieces that go on. */
  repeatsName: boolean
  readonly args: ArgumentsState
}

/** How far the JSON of a call's arguments has come. */
type ArgumentsState = { hasBegun: boolean; depth: number; isInString: boolean; isEscaped: boolean; isWhole: boolean }

/** What one piece says. */
type Piece = {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string | undefined
  readonly args: string | undefined
}

/** Nobody calls a thousand tools at once; whatever comes then goes on with the latest. */
const MAX_CALLS = 1_000

/** @param newId Makes ids for calls that came without one. */
export function createCallsState(newId: () => string): CallsState {
  return { count: 0, namedCount: 0, latest: undefined, byIndex: new Map(), byId: new Map(), newId }
}

/**
 * Gives pieces of tool calls the shape that OpenAI's have: an index counted from 0 without holes; id, type and name in the
 * first piece alone; arguments as text. A piece that would begin a call and says nothing of it is left out.
 *
 * @returns The very same value where nothing had to change.
 */
export function normalizeCalls(calls: unknown, state: CallsState): unknown {
  if (calls === null || calls === undefined) return calls
  const list: readonly unknown[] = Array.isArray(calls) ? calls : [calls]
  const normalized = list.filter(isFields).flatMap((piece) => normalizePiece(piece, state))
  const isSame = list === calls && normalized.length === list.length && normalized.every((it, at) => it === list[at])
  return isSame ? calls : normalized
}

function normalizePiece(sent: Fields, state: CallsState): Fields | [] {
  const fields = inFunction(sent)
  const called = calledOf(fields)
  const piece = readPiece(fields, called)
  const current = findCall(piece, state)
  const begins = current === undefined || (state.count < MAX_CALLS && beginsAnother(current, piece))
  if (begins && piece.id === undefined && piece.name === undefined && (piece.args ?? '') === '') return []
  const isTaken = piece.id !== undefined && state.byId.has(piece.id)
  const call = begins ? addCall(piece, state) : current
  const { id: _id, type, function: _function, ...rest } = fields
  const { name: _name, arguments: _arguments, ...restOfCalled } = called
  const name = noteName(piece.name, call, begins, state)
  const args = piece.args ?? (begins || 'arguments' in called ? '' : undefined)
  advance(call.args, args ?? '')
  return pick(sent, {
    ...rest,
    index: call.index,
    ...(begins && { id: isTaken ? state.newId() : (piece.id ?? state.newId()) }),
    ...(textOf(type) !== undefined ? { type } : begins && { type: 'function' }),
    ...(!isFields(fields['custom']) && {
      function: pick(fields['function'], {
        ...restOfCalled,
        ...(name !== undefined && { name }),
        ...(args !== undefined && { arguments: args }),
      }),
    }),
  })
}

/** Takes a piece's name into its call. @returns It, where it is news. */
function noteName(name: string | undefined, call: Call, begins: boolean, state: CallsState): string | undefined {
  if (name === undefined) return undefined
  if (name === call.name) {
    if (!begins) call.repeatsName = true
    return undefined
  }
  if (call.name === undefined) state.namedCount++
  call.name = name
  return name
}

/** A piece whose name and arguments stand beside its id, with both where they belong. */
function inFunction(piece: Fields): Fields {
  if (isFields(piece['function']) || isFields(piece['custom']) || textOf(piece['name']) === undefined) return piece
  const { name, arguments: args, ...rest } = piece
  return { ...rest, function: { name, arguments: args } }
}

/** What is called: a function, or one of OpenAI's custom tools, whose input is free text. */
function calledOf({ function: called, custom }: Fields): Fields {
  return isFields(called) ? called : isFields(custom) ? custom : {}
}

function readPiece({ index, id }: Fields, { name, arguments: args, input }: Fields): Piece {
  return { index: toIndex(index), id: textOf(id), name: textOf(name), args: toArguments(args ?? input) }
}

/** The call that a piece may go on with: that of its index; without one, that of its id, else the latest. */
function findCall({ index, id }: Piece, state: CallsState): Call | undefined {
  if (index !== undefined) return state.byIndex.get(index)
  return (id === undefined ? undefined : state.byId.get(id)) ?? state.latest
}

function addCall({ index, id }: Piece, state: CallsState): Call {
  const args = { hasBegun: false, depth: 0, isInString: false, isEscaped: false, isWhole: false }
  const call: Call = { index: state.count++, id, name: undefined, repeatsName: false, args }
  state.latest = call
  state.byIndex.set(index ?? call.index, call)
  if (id !== undefined) state.byId.set(id, call)
  return call
}

/** Whether a piece that could go on with a call is the beginning of another one. */
function beginsAnother(call: Call, { index, id, name, args }: Piece): boolean {
  if (id !== undefined && call.id !== undefined) return id !== call.id && (name !== undefined || index === undefined)
  if (name === undefined || call.name === undefined) return false
  if (index === undefined && name !== call.name) return true
  // A name alone may be one that is said again in every piece. It begins a call where the arguments of the last are
  // whole, or where some have come and it brings none.
  if (call.repeatsName && (args ?? '').trim() === '') return false
  return call.args.isWhole || (call.args.hasBegun && (args ?? '') === '')
}

/** Follows the JSON of arguments: they are whole when the object that they began with is closed. */
function advance(state: ArgumentsState, text: string): void {
  for (let at = 0; at < text.length && !state.isWhole; at++) {
    const character = text[at] ?? ''
    if (state.isInString) readInString(state, character)
    else readBetween(state, character)
    if (character.trim() !== '') state.hasBegun = true
  }
}

function readInString(state: ArgumentsState, character: string): void {
  if (state.isEscaped) state.isEscaped = false
  else if (character === '\\') state.isEscaped = true
  else if (character === '"') state.isInString = false
}

function readBetween(state: ArgumentsState, character: string): void {
  if (character === '"') state.isInString = true
  else if (character === '{') state.depth++
  else if (character === '}' && --state.depth <= 0) state.isWhole = true
}

function toIndex(value: unknown): number | undefined {
  const index = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value
  return Number.isInteger(index) && Number(index) >= 0 ? Number(index) : undefined
}

function toArguments(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The original where the copy has the same members. */
function pick(original: unknown, copy: Fields): Fields {
  if (!isFields(original)) return copy
  const names = Object.keys(copy)
  const isSame =
    names.length === Object.keys(original).length && names.every((name) => Object.is(copy[name], original[name]))
  return isSame ? original : copy
}
