/** What an answer has come to so far. */
export type Progress = {
  readonly content: string
  readonly reasoning: string
  readonly toolCalls: readonly { readonly name: string; readonly args: string }[]
  readonly finish?: string
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number }
  /** The sentence of an error event. */
  readonly error?: string
}

export const NOTHING_YET: Progress = { content: '', reasoning: '', toolCalls: [] }

/** Adds one event's data. What is not JSON, or says nothing, changes nothing. */
export function addEvent(progress: Progress, data: string): Progress {
  const chunk = parse(data)
  const message = at(chunk, 'error', 'message')
  if (typeof message === 'string') return { ...progress, error: message }
  const choice = at(chunk, 'choices', 0)
  const delta = at(choice, 'delta') ?? at(choice, 'message')
  const text = (key: string) => {
    const value = at(delta, key)
    return typeof value === 'string' ? value : ''
  }
  const finish = at(choice, 'finish_reason')
  const usage = at(chunk, 'usage')
  return {
    ...progress,
    content: progress.content + text('content'),
    reasoning: progress.reasoning + (text('reasoning') || text('reasoning_content')),
    toolCalls: addToolCalls(progress.toolCalls, at(delta, 'tool_calls')),
    ...(typeof finish === 'string' && { finish }),
    ...(typeof usage === 'object' && usage !== null && { usage }),
  }
}

function addToolCalls(known: Progress['toolCalls'], pieces: unknown): Progress['toolCalls'] {
  if (!Array.isArray(pieces)) return known
  const calls = [...known]
  for (const piece of pieces) {
    const index = Number(at(piece, 'index') ?? calls.length)
    const old = calls[index] ?? { name: '', args: '' }
    const name = at(piece, 'function', 'name')
    const args = at(piece, 'function', 'arguments')
    calls[index] = {
      name: old.name + (typeof name === 'string' ? name : ''),
      args: old.args + (typeof args === 'string' ? args : ''),
    }
  }
  return calls
}

/**
 * Reads an answer, whole or as events, and tells of each step.
 *
 * @returns Whether it came to its end; a connection that breaks off is told by `false`.
 */
export async function readAnswer(response: Response, tell: (progress: Progress) => void): Promise<boolean> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    tell(addEvent(NOTHING_YET, await response.text().catch(() => '')))
    return true
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let progress = NOTHING_YET
  let pending = ''
  let isWhole = false
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      pending += read.value
      const events = pending.split(/\r?\n\r?\n/)
      pending = events.pop() ?? ''
      for (const data of events.flatMap(dataOf)) {
        if (data === '[DONE]') isWhole = true
        else progress = addEvent(progress, data)
      }
      tell(progress)
    }
  } catch {
    return false
  }
  return isWhole
}

const dataOf = (event: string) => event.split(/\r?\n/).flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? [])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}
