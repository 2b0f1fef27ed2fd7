import type { Fault } from './answer.ts'
import type { ChatFacts } from './chat-request.ts'
import { htmlPage, statusBody } from './status-bodies.ts'
import { END, type Headers, type Step, send } from './steps.ts'

/** A place where nobody listens, so that a followed redirect is seen as a failure at once. */
const NOWHERE = 'http://127.0.0.1:9/v1/chat/completions'

/** Plans the faults that send something else altogether: an error, a page, a redirect, nothing. */
export function planReplacement(fault: Fault, chat: ChatFacts, headers: Headers): Step[] {
  switch (fault.fault) {
    case 'html': {
      const status = fault.status ?? 200
      return whole(status, typeof fault.body === 'string' ? fault.body : htmlPage(status), {
        ...headers,
        'content-type': 'text/html',
      })
    }
    case 'redirect': {
      return whole(fault.status ?? 307, '', { ...headers, location: fault.location ?? NOWHERE })
    }
    case 'status':
      return planStatus(fault, chat, headers)
    default: {
      const type = chat.stream ? 'text/event-stream' : 'application/json'
      return [{ do: 'head', status: 200, headers: { 'content-type': type, ...headers } }, END]
    }
  }
}

/** Plans one error answer with the router's default body for its status, or with a body of one's own. */
export function planStatus(fault: Partial<Fault>, chat: Pick<ChatFacts, 'model'>, headers: Headers): Step[] {
  const status = fault.status ?? 500
  const body = fault.body ?? statusBody(status, chat.model, fault)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return whole(status, text, {
    'content-type':
      /^\s*[{[]/.test(text) || text === '' ? 'application/json' : /^\s*</.test(text) ? 'text/html' : 'text/plain',
    ...headers,
    ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer realm="Authentication required"' } : {}),
  })
}

/** Plans an answer of known length. */
export function whole(status: number, text: string, headers: Headers): Step[] {
  const bytes = Buffer.from(text)
  const head: Step = { do: 'head', status, headers: { ...headers, 'content-length': String(bytes.length) } }
  return bytes.length > 0 ? [head, send(bytes), END] : [head, END]
}
