/** The smallest Worker in front of an upstream: what every figure is held against. */
export const FLOOR = `export default {
  async fetch(request, env) {
    const answer = await fetch(env.UPSTREAM + new URL(request.url).pathname, request)
    return new Response(answer.body, answer)
  },
}`

/** Answers with a text from memory: what a model list cannot be cheaper than. */
export const FROM_MEMORY = `import list from './list.txt'
const headers = { 'content-type': 'application/json' }
export default { fetch: () => new Response(list, { headers }) }`

/** Answers nothing: what starting workerd costs. */
export const EMPTY = `export default { fetch: () => new Response('') }`

/**
 * The least that a gateway must do which chooses a target by the body, sees an answer before it commits to it and knows
 * how a stream ended: it looks at nothing, has no timer and no way to stop. What it takes over the floor is the
 * platform's price.
 */
export const BARE = `export default {
  async fetch(request, env, ctx) {
    const body = await request.arrayBuffer()
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(env.UPSTREAM + new URL(request.url).pathname, { method: 'POST', headers, body })
    const type = answer.headers.get('content-type')
    if (type !== 'text/event-stream') return new Response(await answer.text(), { headers })
    const reader = answer.body.getReader()
    const first = await reader.read()
    reader.releaseLock()
    const { readable, writable } = new IdentityTransformStream()
    ctx.waitUntil(passOn(first.value, answer.body, writable))
    return new Response(readable, { headers: { 'content-type': type } })
  },
}

async function passOn(first, rest, writable) {
  const writer = writable.getWriter()
  await writer.write(first)
  writer.releaseLock()
  const [pumped, sampled] = rest.tee()
  let isPumping = true
  const pump = pumped.pipeTo(writable).then(() => { isPumping = false })
  const reader = sampled.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(65536)
  let reading
  while (isPumping) {
    await Promise.race([pump, scheduler.wait(1000)])
    reading ??= reader.read(new Uint8Array(buffer))
    const read = await Promise.race([reading, isPumping ? scheduler.wait(0) : reading])
    if (!read) continue
    if (read.done) break
    reading = undefined
    buffer = read.value.buffer
  }
  await pump
}`
