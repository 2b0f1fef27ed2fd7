/** How the upstream answers a chat: whole, or in events that come `paceMs` apart. */
export type Shape =
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'stream'
      readonly events: number
      readonly paceMs: number
      readonly provider?: string | undefined
    }

const COMMON = { id: 'chatcmpl-0123456789abcdef', created: 1_750_000_000, model: 'bench/model' }
const USAGE = { prompt_tokens: 20, completion_tokens: 200, total_tokens: 220 }

/** A whole answer, of the size of a short one. */
export const WHOLE_ANSWER: Buffer = Buffer.from(
  JSON.stringify({
    ...COMMON,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'A word or two. '.repeat(50) }, finish_reason: 'stop' },
    ],
    usage: USAGE,
  }),
)

/** One token's event. It says when it was sent, for those who want to know how long it took. */
export function eventText(index: number): string {
  const sentAt = performance.timeOrigin + performance.now()
  const delta = { ...(index === 0 && { role: 'assistant' }), content: ` t${sentAt.toFixed(3)}` }
  return formatEvent({
    ...COMMON,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null }],
  })
}

/** What ends a stream: the finish reason, the usage, `[DONE]`. */
export function lastEvents(completionTokens: number): string {
  const chunk = { ...COMMON, object: 'chat.completion.chunk' }
  const finish = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
  const usage = { ...chunk, choices: [], usage: { ...USAGE, completion_tokens: completionTokens } }
  return `${formatEvent(finish)}${formatEvent(usage)}data: [DONE]\n\n`
}

/** How many events a stream of `tokens` tokens has with what ends it. */
export const eventsOf = (tokens: number): number => tokens + 3

function formatEvent(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}
