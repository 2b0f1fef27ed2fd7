import type { Moment, UsageMode } from './answer.ts'
import type { Content } from './content.ts'

/** One server-sent event of the stream, or a comment line, and the part of the answer that it belongs to. */
export type Piece = {
  readonly phase: 'open' | 'empty' | 'token' | 'tool' | 'finish' | 'usage' | 'done' | 'late'
  readonly data: Chunk | '[DONE]' | { readonly comment: string }
}

/** OpenAI's `chat.completion.chunk`; optional where a provider is known to leave it out. */
export type Chunk = {
  readonly id: string
  readonly object: 'chat.completion.chunk'
  readonly created: number
  readonly model: string
  readonly choices?: readonly ChunkChoice[]
  readonly usage?: Usage | null
}
export type ChunkChoice = {
  readonly index: number
  readonly delta: Delta
  readonly logprobs: null
  readonly finish_reason: string | null
}
export type Delta = {
  readonly role?: 'assistant'
  readonly content?: string | null
  readonly reasoning_content?: string
  readonly tool_calls?: readonly ToolCallDelta[]
}
export type ToolCallDelta = {
  readonly index?: number
  readonly id?: string
  readonly type?: 'function'
  readonly function: { readonly name?: string; readonly arguments: string }
}
export type Usage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** What every chunk repeats, and how many choices there are. */
export type Frame = {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly choiceCount: number
}

/** Writes an answer as the ordinary stream: role, reasoning, text, tool call, finish reason, usage, `[DONE]`. */
export function toPieces(content: Content, frame: Frame, usage: UsageMode): Piece[] {
  const say = (phase: Piece['phase'], delta: Delta, finish: string | null = null): Piece[] =>
    Array.from({ length: frame.choiceCount }, (_, index) => ({
      phase,
      data: chunk(frame, [{ index, delta, logprobs: null, finish_reason: finish }]),
    }))
  const { toolCall } = content
  const pieces = [
    ...say('open', { role: 'assistant', content: '' }),
    ...content.reasoning.flatMap((token) => say('token', { reasoning_content: token })),
    ...content.text.flatMap((token) => say('token', { content: token })),
    ...(toolCall
      ? say('tool', {
          tool_calls: [
            { index: 0, id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: '' } },
          ],
        })
      : []),
    ...(toolCall?.argumentParts ?? []).flatMap((part) =>
      say('tool', { tool_calls: [{ index: 0, function: { arguments: part } }] }),
    ),
    ...say('finish', {}, content.finishReason),
  ]
  const counted = usage === 'every_chunk' ? pieces.map((piece, index) => withUsage(piece, content, index)) : pieces
  const last: Piece[] =
    usage === 'end' || usage === 'no_choices'
      ? [{ phase: 'usage', data: { ...chunk(frame, []), usage: toUsage(content, frame) } }]
      : []
  return [...counted, ...last, { phase: 'done', data: '[DONE]' }]
}

/** @returns Token counts; the completion's are over all choices. */
export function toUsage(content: Content, { choiceCount }: { readonly choiceCount: number }): Usage {
  const completion = content.completionTokens * choiceCount
  return {
    prompt_tokens: content.promptTokens,
    completion_tokens: completion,
    total_tokens: content.promptTokens + completion,
  }
}

/** Splits the stream at a moment: what is still sent as usual, and what the fault touches. */
export function splitAt(pieces: readonly Piece[], moment: Moment, frame: Frame): { before: Piece[]; after: Piece[] } {
  const cut = (count: number) => ({ before: pieces.slice(0, count), after: pieces.slice(count) })
  const first = (phase: Piece['phase']) => pieces.findIndex((piece) => piece.phase === phase)
  switch (moment) {
    case 'before_headers':
    case 'headers_only':
      return cut(0)
    case 'empty_deltas': {
      const { before, after } = cut(frame.choiceCount)
      return { before: [comment(' keep-alive'), ...before, empty(frame), comment(' keep-alive'), empty(frame)], after }
    }
    case 'after_first_token': {
      const token = first('token')
      return cut((token === -1 ? first('tool') : token) + 1)
    }
    case 'mid_tool_call': {
      const tools = pieces.filter((piece) => piece.phase === 'tool').length
      return cut(first('tool') + Math.ceil(tools / 2))
    }
    case 'after_finish': {
      const finish = pieces.findLastIndex((piece) => piece.phase === 'finish')
      return cut(finish === -1 ? Math.max(0, first('done')) : finish + 1)
    }
  }
}

/** @returns A chunk with one token of text, as faults insert it. */
export function tokenPiece(frame: Frame, text: string, phase: Piece['phase'] = 'token'): Piece {
  return { phase, data: chunk(frame, [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }]) }
}

/** @returns Whether the piece carries a chunk, not a comment and not `[DONE]`. */
export function isChunk(data: Piece['data']): data is Chunk {
  return typeof data === 'object' && 'id' in data
}

function chunk({ id, created, model }: Frame, choices: readonly ChunkChoice[]): Chunk {
  return { id, object: 'chat.completion.chunk', created, model, choices }
}

function empty(frame: Frame): Piece {
  return tokenPiece(frame, '', 'empty')
}

function comment(text: string): Piece {
  return { phase: 'empty', data: { comment: text } }
}

function withUsage(piece: Piece, content: Content, index: number): Piece {
  if (!isChunk(piece.data)) return piece
  const usage = toUsage({ ...content, completionTokens: Math.min(index, content.completionTokens) }, { choiceCount: 1 })
  const isLast = piece.phase === 'finish'
  return { ...piece, data: { ...piece.data, usage: isLast ? toUsage(content, { choiceCount: 1 }) : usage } }
}
