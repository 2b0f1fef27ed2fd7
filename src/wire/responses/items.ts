import type { Part, PartWriter } from '../part-sequence.ts'
import { toItem, toItemId, toSaid, toSummaryPart, toTextPart } from './answer.ts'
import type { ToolNames } from './tool-names.ts'

export type ItemWriterOptions = {
  /** The answer's id, without a prefix. */
  readonly id: string
  readonly names: ToolNames
  /** Writes an event; its members come as JSON without the braces. */
  readonly event: (type: string, members: string) => string
  /** Where items that are done are put, each as JSON. */
  readonly output: string[]
  /** Whether the answer ended at its limit, which leaves its last item incomplete. */
  readonly isCutShort: () => boolean
}

/** Writes the items of a response: each is added, grows, and is done before the next one begins. */
export function createItemWriter({ id, names, event, output, isCutShort }: ItemWriterOptions): PartWriter {
  // The same for every piece of an item, and made once: pieces are what a stream consists of.
  let itemId = ''
  let place = ''
  let isCustom = false
  const done = (part: Part, said: string) => {
    const item = toItem(part, itemId, isCutShort() ? 'incomplete' : 'completed', names, said)
    output.push(item)
    return event('response.output_item.done', `"output_index":${part.position},"item":${item}`)
  }
  return {
    open(part) {
      itemId = toItemId(part, id, names)
      place = `"item_id":"${itemId}","output_index":${part.position}`
      isCustom = part.kind === 'call' && names.toClient(part.name).kind === 'custom'
      const item = toItem(part, itemId, 'in_progress', names)
      const added = event('response.output_item.added', `"output_index":${part.position},"item":${item}`)
      if (part.kind === 'call') return added
      return added + (part.kind === 'text' ? openText(event, place) : openSummary(event, place))
    },
    add(part, piece) {
      const delta = `"delta":${JSON.stringify(piece)}`
      if (part.kind === 'text') {
        return event('response.output_text.delta', `${place},"content_index":0,${delta},"logprobs":[]`)
      }
      if (part.kind === 'reasoning') {
        return event('response.reasoning_summary_text.delta', `${place},"summary_index":0,${delta}`)
      }
      // The text of a custom tool stands inside JSON, so it is known when that is whole.
      return isCustom ? '' : event('response.function_call_arguments.delta', `${place},${delta}`)
    },
    close(part) {
      const said = toSaid(part, names)
      if (part.kind === 'text') return closeText(event, place, said) + done(part, said)
      if (part.kind === 'reasoning') return closeSummary(event, place, said) + done(part, said)
      if (isCustom) return closeInput(event, place, said) + done(part, said)
      return closeArguments(event, place, said, part, names) + done(part, said)
    },
  }
}

type Event = ItemWriterOptions['event']

function openText(event: Event, place: string): string {
  return event('response.content_part.added', `${place},"content_index":0,"part":${toTextPart('""')}`)
}

function closeText(event: Event, place: string, text: string): string {
  const at = `${place},"content_index":0`
  return (
    event('response.output_text.done', `${at},"text":${text},"logprobs":[]`) +
    event('response.content_part.done', `${at},"part":${toTextPart(text)}`)
  )
}

function openSummary(event: Event, place: string): string {
  return event('response.reasoning_summary_part.added', `${place},"summary_index":0,"part":${toSummaryPart('""')}`)
}

function closeSummary(event: Event, place: string, text: string): string {
  const at = `${place},"summary_index":0`
  return (
    event('response.reasoning_summary_text.done', `${at},"text":${text}`) +
    event('response.reasoning_summary_part.done', `${at},"part":${toSummaryPart(text)}`)
  )
}

function closeArguments(event: Event, place: string, written: string, part: Part, names: ToolNames): string {
  // Clients that add the pieces up must come to the same.
  const missing = part.text === '' ? event('response.function_call_arguments.delta', `${place},"delta":${written}`) : ''
  const name = JSON.stringify(names.toClient(part.name).name)
  return missing + event('response.function_call_arguments.done', `${place},"name":${name},"arguments":${written}`)
}

function closeInput(event: Event, place: string, input: string): string {
  return (
    event('response.custom_tool_call_input.delta', `${place},"delta":${input}`) +
    event('response.custom_tool_call_input.done', `${place},"input":${input}`)
  )
}
