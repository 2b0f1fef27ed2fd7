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
