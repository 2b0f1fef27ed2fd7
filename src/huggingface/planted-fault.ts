import type { PlantedFault } from '../core/routing/rehearsal.ts'
import type { RouterClient } from './router-client.ts'

const ERROR = { error: { message: 'The provider failed (rehearsed)', type: 'server_error', code: 'internal_error' } }

/**
 * A router whose first answer has a fault. The call is a real one, and so are the tokens that it costs, but for a 429,
 * which an upstream refuses with before it generates anything.
 */
export function plantFault(router: RouterClient, fault: PlantedFault): RouterClient {
  let isPlanted = false
  return {
    ...router,
    async postChat(body, stream, signal, headers) {
      if (isPlanted) return router.postChat(body, stream, signal, headers)
      isPlanted = true
      if (fault.kind === 'rate_limited') {
        return Response.json({ error: { message: 'Too Many Requests (rehearsed)' } }, { status: 429 })
      }
      const response = await router.postChat(body, stream, signal, headers)
      if (response.status !== 200 || !response.body) return response
      const isEvents = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
      return new Response(
        isEvents ? breakEvents(response.body, fault, signal) : breakWhole(response.body, fault, signal),
        response,
      )
    },
  }
}

type Fault = Exclude<PlantedFault, { kind: 'rate_limited' }>

/** Lets `afterEvents` events pass, then does what the fault says and lets go of the upstream. */
function breakEvents(
  body: ReadableStream<Uint8Array>,
  { kind, afterEvents }: Fault,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  let left = afterEvents
  let pending = ''
  const fail = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    await reader.cancel().catch(() => {})
    if (kind === 'stall') return untilAborted(signal)
    if (kind === 'cut') return controller.error(new Error('the connection was cut (rehearsed)'))
    controller.enqueue(encoder.encode(`data: ${JSON.stringify(ERROR)}\n\n`))
    controller.close()
  }
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        if (left <= 0) return fail(controller)
        const end = pending.search(/\r?\n\r?\n/)
        if (end >= 0) {
          const event = pending.slice(0, end)
          pending = pending.slice(end).replace(/^\r?\n\r?\n/, '')
          if (/^data:(?!\s*\[DONE\])/m.test(event)) left--
          return controller.enqueue(encoder.encode(`${event}\n\n`))
        }
        const { value, done } = await reader.read()
        // An answer with fewer events than that breaks at its end: it must not end well.
        if (done) return fail(controller)
        pending += decoder.decode(value, { stream: true })
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** Half of an answer without a stream, and then the fault; an error takes the place of all of it. */
function breakWhole(
  body: ReadableStream<Uint8Array>,
  { kind }: Fault,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const text = await new Response(body).text()
      if (kind === 'error') {
        controller.enqueue(encoder.encode(JSON.stringify(ERROR)))
        return controller.close()
      }
      controller.enqueue(encoder.encode(text.slice(0, text.length / 2)))
      if (kind === 'cut') return controller.error(new Error('the connection was cut (rehearsed)'))
      return untilAborted(signal)
    },
    cancel: (reason) => body.cancel(reason),
  })
}

/** Silence, until the call is ended: then the read that is under way fails, as that of a real call does. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
