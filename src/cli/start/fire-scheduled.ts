import { setTimeout as wait } from 'node:timers/promises'

/** As often as the cron trigger of wrangler.toml. */
const EVERY_MS = 600_000
const LIMIT_MS = 60_000

/**
 * Does what Cloudflare's cron trigger does: nothing else calls `scheduled` on a machine of one's own. The first call is
 * made at once, so that the model list is there before anybody asks for it.
 *
 * @param url Of the local runtime, which has a path for it.
 * @param signal Ends it.
 */
export async function fireScheduled(url: string, signal: AbortSignal, everyMs = EVERY_MS): Promise<void> {
  while (!signal.aborted) {
    // A failed one is not repeated: the Worker's own log says why, and the next one comes.
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    await fetch(`${url}/cdn-cgi/handler/scheduled`, { signal: limited })
      .then((response) => response.body?.cancel())
      .catch(() => {})
    await wait(everyMs, undefined, { signal }).catch(() => {})
  }
}
