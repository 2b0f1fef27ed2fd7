/**
 * Ways in which real clients read a stream that are not the standard's, each written after the client and not after the
 * gateway. A way gives the data of the events that it sees; it throws where the client fails.
 */
export type SseReader = (text: string) => string[]

/**
 * openai-go before 3.43: an event at every blank line, whatever came before it, and its data must be JSON. `[DONE]` ends
 * it; an `error` fails it.
 */
const readAsOpenaiGo: SseReader = (text) => {
  const seen: string[] = []
  let data = ''
  let isDone = false
  for (const line of linesOf(text)) {
    if (line === '') {
      if (data.startsWith('[DONE]')) isDone = true
      else if (!isDone) seen.push(toJson(data))
      data = ''
      continue
    }
    const [name, value] = fieldOf(line)
    if (name === 'data') data += `${value}\n`
  }
  return seen
}

/** openai-python: an event at a blank line once an id was seen, also without data, which then must be JSON. */
const readAsOpenaiPython: SseReader = (text) => {
  const seen: string[] = []
  let data: string[] = []
  let event = ''
  let id: string | undefined
  for (const line of linesOf(text)) {
    if (line === '') {
      if (data.length === 0 && event === '' && id === undefined) continue
      const all = data.join('\n')
      data = []
      event = ''
      if (all.startsWith('[DONE]')) return seen
      seen.push(toJson(all))
      continue
    }
    const [name, value] = fieldOf(line)
    if (name === 'data') data.push(value)
    if (name === 'event') event = value
    if (name === 'id') id = value
  }
  return seen
}

/** Code written by hand: cuts at blank lines, and takes a block for an event if it begins with `data:`. */
const readInBlocks: SseReader = (text) => {
  const seen: string[] = []
  for (const block of text.split('\n\n')) {
    if (!block.startsWith('data:')) {
      if (block.includes('data:')) throw new Error(`an event is lost behind ${JSON.stringify(block.slice(0, 40))}`)
      continue
    }
    const data = block.slice('data:'.length).trim()
    if (data === '[DONE]') return seen
    seen.push(toJson(data))
  }
  return seen
}

export const SSE_READERS: Readonly<Record<string, SseReader>> = {
  'openai-go before 3.43': readAsOpenaiGo,
  'openai-python': readAsOpenaiPython,
  'a reader of blocks': readInBlocks,
}

const linesOf = (text: string) => text.split(/\r\n|\n|\r/).slice(0, -1)

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

/** @throws Where the client's JSON reader would. */
function toJson(data: string): string {
  return JSON.stringify(JSON.parse(data))
}
