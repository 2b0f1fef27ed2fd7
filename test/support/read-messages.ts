import { demand, eventsOf, type Fields, fieldsOf, listOf, type ReadAnswer, textOf } from './sse-answer.ts'

/**
 * Reads a stream of the Messages API as the strictest of its clients would: every event named, blocks one after the
 * other, counts in the first message and in the last delta.
 *
 * @throws {Error} Where it breaks a rule. An end without `message_stop` is none: `end` is undefined.
 */
export function readMessagesStream(text: string): ReadAnswer {
  const blocks: { readonly start: Fields; said: string; signature: string }[] = []
  let open: (typeof blocks)[number] | undefined
  let isBegun = false
  let isStopped = false
  let stopReason: string | undefined
  let usage: Fields | undefined
  let error: string | undefined
  const readers: Record<string, (fields: Fields) => void> = {
    ping: () => {},
    message_start({ message }) {
      demand(!isBegun, 'begins twice')
      isBegun = true
      fieldsOf(fieldsOf(message)['usage'])
    },
    content_block_start({ index, content_block: start }) {
      demand(isBegun && !open, 'a block begins where none may')
      demand(index === blocks.length, `block ${index} at ${blocks.length}`)
      open = { start: fieldsOf(start), said: '', signature: '' }
      blocks.push(open)
    },
    content_block_delta({ index, delta }) {
      demand(open && index === blocks.length - 1, 'a delta of no open block')
      const { type, text: said, thinking, partial_json: json, signature } = fieldsOf(delta)
      demand(
        type === DELTAS[textOf(open.start['type'])] || type === 'signature_delta',
        `${type} in a ${open.start['type']}`,
      )
      open.said += textOf(said) + textOf(thinking) + textOf(json)
      open.signature += textOf(signature)
    },
    content_block_stop({ index }) {
      demand(open && index === blocks.length - 1, 'a stop of no open block')
      demand(open.start['type'] !== 'thinking' || open.signature !== '', 'a thought without a signature')
      open = undefined
    },
    message_delta({ delta, usage: counts }) {
      demand(!open, 'ends with an open block')
      stopReason = textOf(fieldsOf(delta)['stop_reason'])
      usage = fieldsOf(counts)
    },
    message_stop() {
      demand(stopReason !== undefined, 'stops without a reason')
      isStopped = true
    },
    error({ error: told }) {
      error = textOf(fieldsOf(told)['message'])
    },
  }
  for (const { event, data } of eventsOf(text)) {
    const fields = fieldsOf(JSON.parse(data))
    demand(fields['type'] === event, `the event ${event} says that it is ${String(fields['type'])}`)
    demand(!isStopped && error === undefined, `${event} after the end`)
    const read = readers[textOf(event)]
    demand(read, `an event that clients do not know: ${event}`)
    read(fields)
  }
  return { ...readBlocks(blocks), end: isStopped ? stopReason : undefined, usage, error }
}

const DELTAS: Readonly<Record<string, string>> = {
  text: 'text_delta',
  thinking: 'thinking_delta',
  tool_use: 'input_json_delta',
}

function readBlocks(blocks: readonly { readonly start: Fields; readonly said: string }[]) {
  const of = (type: string) => blocks.filter(({ start }) => start['type'] === type)
  const saidOf = (type: string) =>
    of(type)
      .map(({ said }) => said)
      .join('')
  return {
    text: saidOf('text'),
    reasoning: saidOf('thinking'),
    calls: of('tool_use').map(({ start, said }) => ({
      id: textOf(start['id']),
      name: textOf(start['name']),
      arguments: said === '' ? '{}' : said,
    })),
  }
}

/** Reads a whole message. */
export function readMessage(message: Fields): ReadAnswer {
  const blocks = listOf(message['content'])
  const of = (type: string) => blocks.filter((block) => block['type'] === type)
  return {
    text: of('text')
      .map(({ text }) => textOf(text))
      .join(''),
    reasoning: of('thinking')
      .map(({ thinking }) => textOf(thinking))
      .join(''),
    calls: of('tool_use').map(({ id, name, input }) => ({
      id: textOf(id),
      name: textOf(name),
      arguments: JSON.stringify(input),
    })),
    end: textOf(message['stop_reason']),
    usage: fieldsOf(message['usage']),
  }
}
