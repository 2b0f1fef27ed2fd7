import { type Clock, TIMED_OUT, within } from '../core/clock.ts'

/** For every call: those of a request on its way have the shorter limit of `schema.ts` besides. */
const KV_CALL_LIMIT_MS = 10_000

/**
 * The namespace, whose calls fail when they take too long: KV itself knows no limit, and an isolate waits for a write as
 * long as its request lives. A write that fails so may still have been made.
 */
export function limitTimes(kv: KVNamespace, clock: Clock): KVNamespace {
  return new Proxy(kv, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...given: unknown[]): Promise<unknown> => {
        const answer: unknown = await within(Reflect.apply(method, target, given), KV_CALL_LIMIT_MS, clock)
        if (answer === TIMED_OUT) throw new Error(`KV did not answer within ${KV_CALL_LIMIT_MS} ms`)
        return answer
      }
    },
  })
}
