import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import type { ClientStream } from './client-stream.ts'

/** Milliseconds between two signs of life before the first token. */
const HEARTBEAT_MS = 1_000
const utf8 = new TextEncoder()

/**
 * Writes signs of life to the client until `work` is done. Clients that time out on silence see an answer that has begun,
 * and a client that has closed its connection is noticed by the write.
 *
 * @throws What `work` throws, and what writing throws once the client has left.
 */
export async function waitWithHeartbeats<T>(
  work: Promise<T>,
  encoder: Pick<AnswerEncoder, 'heartbeat'>,
  client: Pick<ClientStream, 'write'>,
  clock: Clock,
): Promise<T> {
  for (;;) {
    await client.write(utf8.encode(encoder.heartbeat()))
    const done = await within(work, HEARTBEAT_MS, clock)
    if (done !== TIMED_OUT) return done
  }
}
