import type { ServerResponse } from 'node:http'
import type { Step } from './steps.ts'

/** Who closed an answer: the simulator (an ordinary end, or a fault it played), or the client that left before. */
export type ClosedBy = 'simulator' | 'client'

/**
 * Plays steps on a socket, each `send` as a write of its own, until the last one or until the client leaves.
 *
 * @param gone Aborts when the connection closes, whoever closed it.
 * @returns Who closed.
 */
export async function play(steps: readonly Step[], response: ServerResponse, gone: AbortSignal): Promise<ClosedBy> {
  response.socket?.setNoDelay(true)
  for (const step of steps) {
    if (gone.aborted) return 'client'
    switch (step.do) {
      case 'head':
        response.writeHead(step.status, toNodeHeaders(step.headers))
        response.flushHeaders()
        break
      case 'send':
        await write(response, step.bytes, gone)
        break
      case 'wait':
        await pause(step.ms, gone)
        break
      case 'loop':
        while (!gone.aborted) await play(step.steps, response, gone)
        return 'client'
      case 'end':
        return end(response, gone)
      case 'reset':
        response.socket?.resetAndDestroy()
        return 'simulator'
      case 'destroy':
        response.socket?.destroy()
        return 'simulator'
      case 'hang':
        await aborted(gone)
        return 'client'
    }
  }
  return gone.aborted ? 'client' : 'simulator'
}

async function end(response: ServerResponse, gone: AbortSignal): Promise<ClosedBy> {
  response.end()
  if (response.writableFinished) return 'simulator'
  await Promise.race([new Promise<void>((resolve) => response.once('finish', resolve)), aborted(gone)])
  return response.writableFinished ? 'simulator' : 'client'
}

/** Resolves when the bytes are with the kernel, so that a slow reader slows the answer down, or when the client left. */
function write(response: ServerResponse, bytes: Uint8Array, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gone.removeEventListener('abort', done)
      resolve()
    }
    gone.addEventListener('abort', done, { once: true })
    response.write(bytes, done)
  })
}

/** Waits; `0` is one turn of the event loop. */
function pause(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) {
      setImmediate(resolve)
      return
    }
    const done = () => {
      clearTimeout(timer)
      gone.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    gone.addEventListener('abort', done, { once: true })
  })
}

function aborted(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve()
    else gone.addEventListener('abort', () => resolve(), { once: true })
  })
}

function toNodeHeaders(
  headers: Readonly<Record<string, string | readonly string[]>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )
}
