import * as z from 'zod/mini'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { once } from '../core/once.ts'
import type { Traffic } from '../core/routing/traffic.ts'
import { KV_READ_LIMIT_MS, TRAFFIC_KEY, TRAFFIC_TTL_SECONDS } from './schema.ts'

/** What all isolates saw of the providers, by `<org>/<model>:<provider>`. */
export type TrafficStore = {
  /** `undefined` when KV holds none, or does not answer. */
  read(): Promise<ReadonlyMap<string, Traffic> | undefined>
  /** @throws What KV throws. */
  write(entries: ReadonlyMap<string, Traffic>): Promise<void>
}

const storedSchema = once(() => {
  const traffic = z.object({
    since: z.number(),
    at: z.number(),
    attempts: z.number(),
    failed: z.number(),
    broken: z.number(),
    firstTokens: z.array(z.number()),
    tokens: z.number(),
    generationMs: z.number(),
    toolAnswers: z.number(),
    badToolAnswers: z.number(),
  })
  return z.object({ entries: z.record(z.string(), traffic) })
})

export function createTrafficStore(kv: KVNamespace, clock: Clock): TrafficStore {
  return {
    async read() {
      const value = await within(kv.get(TRAFFIC_KEY, 'json'), KV_READ_LIMIT_MS, clock).catch(() => undefined)
      const parsed = value === TIMED_OUT ? undefined : storedSchema().safeParse(value)
      return parsed?.success ? new Map(Object.entries(parsed.data.entries)) : undefined
    },
    async write(entries) {
      const text = JSON.stringify({ entries: Object.fromEntries(entries) }, (_key, value: unknown) =>
        typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value,
      )
      await kv.put(TRAFFIC_KEY, text, { expirationTtl: TRAFFIC_TTL_SECONDS })
    },
  }
}
