import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { DEPLOYMENT_CALLER } from '../../src/core/identity/caller.ts'
import { ok } from '../../src/core/result.ts'
import { complete } from '../../src/gateway/complete.ts'
import type { CompletionRequest } from '../../src/gateway/completion.ts'
import { toResponse } from '../../src/http/completion-response.ts'
import { chatSurface } from '../../src/http/v1/chat.ts'
import { chatWire } from '../../src/wire/chat/wire.ts'
import type { SurfaceWire } from '../../src/wire/surface.ts'
import { configOf } from '../core/support/refs.ts'
import { keepLog, keepWork } from '../kv/support/deps.ts'
import { bodyOf, DONE_EVENT, encode, eventsIn, FINISH, HELLO, realClock } from '../stream/support/streams.ts'
import { completeDeps } from './support/complete-deps.ts'

type Answer = (init: RequestInit) => Promise<Response>
/** A body that an abort breaks, however long it is silent. */
function breakable(body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  )
  aborted.catch(() => {})
  return new ReadableStream({
    async pull(controller) {
      const { value } = await Promise.race([reader.read(), aborted])
      if (value) controller.enqueue(value)
      else controller.close()
    },
  })
}

/** Answers after `ms`, as `fetch` does: an abort breaks the body too. */
const after =
  (ms: number, ...pieces: Parameters<typeof bodyOf>): Answer =>
  async ({ signal }) => {
    await realClock.wait(ms)
    return new Response(signal ? breakable(bodyOf(...pieces), signal) : null)
  }

/** A chat whose targets answer in this order; a second passes in twenty milliseconds. */
function start(answers: Answer[], hugway: Record<string, unknown> = {}, wire: SurfaceWire = chatWire) {
  const clock: Clock = {
    now: () => Date.now() * 50,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 50)),
    timer(ms, run) {
      const id = setTimeout(run, ms / 50)
      return () => clearTimeout(id)
    },
  }
  const asked: AbortSignal[] = []
  const send = async (_url: string, init: RequestInit) => {
    const answer = answers[asked.length]
    if (init.signal) asked.push(init.signal)
    if (!answer) throw new Error('nothing is planned for this request')
    return answer(init)
  }
  const { log, lines } = keepLog()
  const work = keepWork()
  const deps = { ...completeDeps(clock, send), log }
  const [primary, ...fallbacks] = answers.map((_, index) => `a/${index}`)
  const config = configOf({ agents: { defaults: { model: { primary, fallbacks } } }, hugway })
  const letGo: number[] = []
  const request: CompletionRequest = {
    wire,
    body: {
      read: async () => encode('{"stream":true,"messages":[{"role":"user","content":"hi"}]}'),
      letGo: () => void letGo.push(clock.now()),
    },
    fallback: undefined,
  }
  const gone = new AbortController()
  const run = async () => {
    const ctx = {
      requestId: 'request-1',
      startedAt: clock.now(),
      signal: gone.signal,
      waitUntil: work.later,
      config,
      configVersion: 'unversioned',
      caller: DEPLOYMENT_CALLER,
    }
    const entry = { requestId: 'request-1', startedAt: 0, answerHeaders: {} }
    return toResponse(await complete(deps, request, ctx), entry, chatSurface)
  }
  return { run, asked, lines, work, gone, letGo }
}

/** Everything that a client gets before the connection ends, in whichever way. */
async function readAll(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
  } catch {
    // broken off: what came before it counts
  }
  return text
}

describe('an answer that takes long to begin', () => {
  test('begins with signs of life, and the answer follows whole', async () => {
    const { run } = start([after(200, HELLO, FINISH, DONE_EVENT)], { holdMs: 1_000 })
    const response = await run()
    expect(response.status).toBe(200)
    const events = eventsIn(await readAll(response)).map(({ data }) => data)
    const signs = events.filter((data) => data !== '[DONE]' && !('id' in JSON.parse(data)))
    expect(signs.length).toBeGreaterThan(1)
    expect(events.slice(signs.length).join()).toContain('Hello')
    expect(events.at(-1)).toBe('[DONE]')
  })

  test('may still come from another target', async () => {
    const { run, asked } = start([after(100, 'data: {"error":"overloaded"}\n\n'), after(0, HELLO, FINISH)], {
      holdMs: 500,
    })
    const text = await readAll(await run())
    expect(text).toContain('Hello')
    expect(text).not.toContain('overloaded')
    expect(asked).toHaveLength(2)
  })

  test('and then fails is told as an error, not as an end', async () => {
    const { run, lines, work } = start([after(100, 'data: {"error":"overloaded"}\n\n')], { holdMs: 500 })
    const text = await readAll(await run())
    await work.done()
    const last = JSON.parse(eventsIn(text).at(-1)?.data ?? '{}')
    expect(last.error).toMatchObject({
      code: 'overloaded',
      attempts: [{ target: 'huggingface/a/0', reason: 'overloaded' }],
    })
    expect(text).not.toContain('[DONE]')
    expect(lines).toMatchObject([{ event: 'chat', end: 'all_failed', held: true, requestId: 'request-1' }])
  })

  test('is no answer until it begins where there is time to wait: the error has a status', async () => {
    const { run } = start([after(20, 'data: {"error":"overloaded"}\n\n')], { holdMs: 600_000 })
    expect((await run()).status).toBe(503)
  })
})

/** A surface whose clients know its error event for an end, and whose answers cannot be written: a fault of ours. */
const faulty: SurfaceWire = {
  ...chatWire,
  mayPassThrough: false,
  afterError: 'close',
  read(body) {
    const read = chatWire.read(body)
    if (!read.ok) return read
    const chunk = () => {
      throw new Error('a fault of ours')
    }
    return ok({ ...read.value, createEncoder: (options) => ({ ...read.value.createEncoder(options), chunk }) })
  },
}

test('an answer that cannot be written is broken off: without last words no end is a clean one', async () => {
  const { run } = start([after(0, HELLO, FINISH, DONE_EVENT)], {}, faulty)
  await expect((await run()).text()).rejects.toThrow('the answer is incomplete')
})

describe('the body of a request', () => {
  test('is let go once its answer has begun, however long that goes on', async () => {
    const { run, letGo } = start([after(0, HELLO, 500, FINISH, DONE_EVENT)])
    const response = await run()
    expect(letGo).toHaveLength(1)
    await readAll(response)
    expect(letGo).toHaveLength(1)
  })

  test('is held while a target is being looked for, and let go when none is found', async () => {
    const { run, letGo, work } = start([after(100, 'data: {"error":"overloaded"}\n\n')], { holdMs: 500 })
    const response = await run()
    expect(letGo).toHaveLength(0)
    await readAll(response)
    await work.done()
    expect(letGo).toHaveLength(1)
  })
})

describe('a stream that has begun', () => {
  test('and falls silent ends with an error in time, and its call with it', async () => {
    const { run, asked, lines, work } = start([after(0, HELLO, 3_000, FINISH)], { timeouts: { idleMs: 2_500 } })
    const text = await readAll(await run())
    await work.done()
    expect(text.startsWith(HELLO)).toBe(true)
    expect(JSON.parse(eventsIn(text).at(-1)?.data ?? '{}')).toMatchObject({ error: { code: 'stream_interrupted' } })
    expect(asked[0]?.aborted).toBe(true)
    expect(lines).toMatchObject([{ event: 'chat', end: 'stalled', target: 'huggingface/a/0' }])
  })

  test('and trickles on ends when the whole time is over', async () => {
    const trickle = Array(100)
      .fill(HELLO)
      .flatMap((event) => [event, 20])
    const { run, lines, work } = start([after(0, ...trickle)], { timeouts: { totalMs: 10_000 } })
    const text = await readAll(await run())
    await work.done()
    expect(text).toContain('"error"')
    expect(lines).toMatchObject([{ event: 'chat', end: 'out_of_time' }])
  })

  test('and has finished is whole, though its provider never hangs up', async () => {
    const { run, asked } = start([after(0, HELLO, FINISH, 3_000)])
    const text = await readAll(await run())
    expect(text).toContain(FINISH)
    expect(text.endsWith(DONE_EVENT)).toBe(true)
    expect(text).not.toContain('"error"')
    expect(asked[0]?.aborted).toBe(true)
  })
})

describe('a client that leaves', () => {
  test('before anybody was asked for its stream is nobody to ask for', async () => {
    const { run, asked, gone, work, lines } = start([after(0, HELLO, FINISH, DONE_EVENT)])
    gone.abort()
    await readAll(await run())
    await work.done()
    expect(asked).toEqual([])
    expect(lines).toMatchObject([{ event: 'chat', end: 'client_gone', attempts: 0 }])
  })

  test('while its answer streams ends the call', async () => {
    const { run, asked, gone, work, lines } = start([after(0, HELLO, 3_000, FINISH)])
    const response = await run()
    const reader = response.body?.getReader()
    await reader?.read()
    gone.abort()
    expect(asked[0]?.aborted).toBe(true)
    await reader?.cancel()
    await work.done()
    expect(lines).toMatchObject([{ end: 'client_gone' }])
  })

  test('while a target is asked ends the call, and no other target is asked', async () => {
    const hang: Answer = (init) =>
      new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    const { run, asked, gone, lines } = start([hang, after(0, HELLO)])
    const answer = run()
    setTimeout(() => gone.abort(), 10)
    expect((await answer).status).toBe(499)
    expect(lines).toMatchObject([{ event: 'chat', end: 'client_gone' }])
    expect(asked.map(({ aborted }) => aborted)).toEqual([true])
  })
})
