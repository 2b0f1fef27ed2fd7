import { openClientStream } from '../../../src/stream/client-stream.ts'
import { encode } from './streams.ts'

/** No time passes: whatever it is that lets the last words out, it is no pause. */
const clock = { now: () => 0, wait: async () => {}, timer: () => () => {} }

/** A Worker whose answers are some words, by `?words=`, and last words at once, and break off. */
export const timeless = {
  fetch(request, _env, ctx) {
    const count = Number(new URL(request.url).searchParams.get('words'))
    const { readable, done } = openClientStream(
      async (client) => {
        for (let word = 0; word < count; word++) await client.write(encode('data: word\n\n'))
        await client.write(encode('data: last words\n\n'))
        return 'abort'
      },
      () => {},
      clock,
    )
    ctx.waitUntil(done)
    return new Response(readable)
  },
} satisfies ExportedHandler
