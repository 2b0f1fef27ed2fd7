import type { Fault, Moment, UsageMode } from './answer.ts'
import type { Content } from './content.ts'
import { finishOf } from './content-faults.ts'
import { type Frame, toUsage } from './pieces.ts'

/** Writes an answer as one `chat.completion` body. */
export function toJsonBody(content: Content, frame: Frame, usage: UsageMode, faults: readonly Fault[]): string {
  const { toolCall } = content
  const withoutId = faults.some(({ fault }) => fault === 'tool_call_without_id')
  const message = {
    role: 'assistant',
    content: toolCall && content.text.length === 0 ? null : content.text.join(''),
    ...(content.reasoning.length > 0 ? { reasoning_content: content.reasoning.join('') } : {}),
    ...(toolCall
      ? {
          tool_calls: [
            {
              ...(withoutId ? {} : { id: toolCall.id }),
              type: 'function',
              function: { name: toolCall.name, arguments: toolCall.argumentParts.join('') },
            },
          ],
        }
      : {}),
  }
  const finish = finishOf(faults, content.finishReason)
  return JSON.stringify({
    id: frame.id,
    object: 'chat.completion',
    created: frame.created,
    model: frame.model,
    choices: Array.from({ length: frame.choiceCount }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finish,
    })),
    ...(usage === 'none' ? {} : { usage: toUsage(content, frame) }),
  })
}

/**
 * How much of a JSON body is sent before a fault at this moment: nothing (`headers_only`), the part before the
 * choices (`empty_deltas`), half (`after_first_token`), up to the middle of a tool call's arguments
 * (`mid_tool_call`), all but the last character (`after_finish`).
 *
 * @returns A length in characters of `body`.
 */
export function cutLength(body: string, moment: Moment): number {
  switch (moment) {
    case 'before_headers':
    case 'headers_only':
      return 0
    case 'empty_deltas': {
      const choices = body.indexOf('"choices"')
      return choices === -1 ? 1 : choices
    }
    case 'after_first_token':
      return Math.ceil(body.length / 2)
    case 'mid_tool_call': {
      const call = body.indexOf('"arguments":"')
      return call === -1 ? Math.ceil(body.length / 2) : call + '"arguments":"'.length + 10
    }
    case 'after_finish':
      return body.length - 1
  }
}
