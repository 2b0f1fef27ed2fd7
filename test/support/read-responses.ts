import {
  demand,
  eventsOf,
  type Fields,
  fieldsOf,
  listOf,
  type ReadAnswer,
  type ReadCall,
  textOf,
} from './sse-answer.ts'

/**
 * Reads a stream of the Responses API as the strictest of its clients would, by the specification: every event named,
 * numbered without gaps, in order, and the last event telling the same as all before it together.
 *
 * @throws {Error} Where it breaks a rule. An end without a terminal event is none: `end` is undefined.
 */
export function readResponsesStream(text: string): ReadAnswer {
  const state = createState()
  for (const { event, data } of eventsOf(text)) {
    const fields = fieldsOf(JSON.parse(data))
    demand(fields['type'] === event, `the event ${event} says that it is ${String(fields['type'])}`)
    state.read(fields)
  }
  return state.answer()
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed']

function createState() {
  const items: Fields[] = []
  let count = 0
  let open: { readonly item: Fields; deltas: string } | undefined
  let response: Fields | undefined
  let error: string | undefined
  let end: string | undefined

  const add = (fields: Fields) => {
    demand(!open, 'an item begins while another is open')
    demand(fields['output_index'] === items.length, `output_index ${fields['output_index']} at ${items.length}`)
    open = { item: fieldsOf(fields['item']), deltas: '' }
  }
  const done = (fields: Fields) => {
    demand(open, 'an item is done that was never added')
    const item = fieldsOf(fields['item'])
    demand(item['id'] === open.item['id'], 'the item that is done is another one')
    demand(contentOf(item) === open.deltas, `the item says ${contentOf(item)}, its deltas ${open.deltas}`)
    items.push(item)
    open = undefined
  }
  const read = (fields: Fields) => {
    const type = textOf(fields['type'])
    demand(fields['sequence_number'] === count++, `sequence_number ${fields['sequence_number']} at ${count - 1}`)
    demand(!end, `${type} after the end`)
    demand(count !== 1 || type === 'response.created', `begins with ${type}`)
    demand(count !== 2 || type === 'response.in_progress', `goes on with ${type}`)
    if (fields['item_id'] !== undefined) demand(fields['item_id'] === open?.item['id'], `${type} of no open item`)
    if (type === 'response.output_item.added') add(fields)
    else if (type === 'response.output_item.done') done(fields)
    else if (type.endsWith('.delta') && open) open.deltas += textOf(fields['delta'])
    else if (type === 'error') error = textOf(fields['message'])
    else if (TERMINAL.includes(type)) {
      end = type.slice('response.'.length)
      response = fieldsOf(fields['response'])
      demand(response['status'] === end, `${type} with the status ${response['status']}`)
      demand(JSON.stringify(response['output']) === JSON.stringify(items), 'output is not what the items were')
      demand(end === 'failed' || !open, 'ends with an open item')
    }
  }
  return {
    read,
    answer(): ReadAnswer {
      const shown = readItems(
        open ? [...items, { ...open.item, summary: [], content: [{ text: open.deltas }] }] : items,
      )
      if (!response) return { ...shown, end, usage: undefined, error }
      // What was shown of an answer that failed is no item of it.
      if (end === 'failed') {
        demand(textOf(fieldsOf(response['error'])['message']) === error, 'error and response.failed differ')
        return { ...readResponse(response), ...shown }
      }
      return readResponse(response)
    },
  }
}

/** Reads a whole response. */
export function readResponse(response: Fields): ReadAnswer {
  const { status, usage, incomplete_details: incomplete, error } = response
  const reason = incomplete ? `:${textOf(fieldsOf(incomplete)['reason'])}` : ''
  return {
    ...readItems(listOf(response['output'])),
    end: `${textOf(status)}${reason}`,
    usage: usage ? fieldsOf(usage) : undefined,
    ...(error ? { error: textOf(fieldsOf(error)['message']) } : {}),
  }
}

function readItems(items: readonly Fields[]): Pick<ReadAnswer, 'text' | 'reasoning' | 'calls'> {
  const of = (type: string) => items.filter((item) => item['type'] === type)
  return {
    text: of('message').map(contentOf).join(''),
    reasoning: of('reasoning').map(contentOf).join(''),
    calls: items.filter(({ type }) => textOf(type).endsWith('_call')).map(readCall),
  }
}

function readCall(item: Fields): ReadCall {
  const { call_id: id, name, namespace } = item
  return {
    id: textOf(id),
    name: textOf(name),
    arguments: contentOf(item),
    ...(typeof namespace === 'string' && { namespace }),
  }
}

/** What an item says: its text, its summary, its arguments, its input. */
function contentOf(item: Fields): string {
  const parts = [...listOf(item['content']), ...listOf(item['summary'])]
  return parts.map(({ text }) => textOf(text)).join('') + textOf(item['arguments']) + textOf(item['input'])
}
