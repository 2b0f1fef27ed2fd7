import { setTimeout as wait } from 'node:timers/promises'
import { CommandError } from '../command-error.ts'
import type { Terminal } from '../terminal.ts'
import { type Answer, call, errorTextOf, fieldOf, listOf } from './http-call.ts'

/** A new address takes a while until it is known everywhere. */
const APPEARS_WITHIN_MS = 90_000
const PROBE_EVERY_MS = 1_000

/**
 * Asks a deployment for its health, its models and one short answer.
 *
 * @throws {CommandError} At the first that fails, with what to do.
 */
export async function checkLive(terminal: Terminal, url: string, apiKey: string | undefined): Promise<void> {
  const health = await terminal.during(`Waiting for ${url}/health`, () => waitForHealth(url))
  const status = fieldOf(health.body, 'status')
  const problems = listOf(fieldOf(health.body, 'settings')).map(String)
  if (status === 'not_configured') throw new CommandError(`${url} is not configured: ${problems.join(' ')}`)
  terminal.remark(`/health says ${String(status)}.`)
  if (apiKey === undefined) {
    terminal.warn(
      'Its client key is not known here (set HUGWAY_API_KEY), so no model was listed and no chat was tried.',
    )
    return
  }
  const models = await getWithKey(url, '/v1/models', apiKey)
  if (models.status !== 200) throw new CommandError(`/v1/models answered ${models.status}: ${errorTextOf(models)}`)
  terminal.remark(`/v1/models lists ${listOf(fieldOf(models.body, 'data')).length} models.`)
  const chat = await terminal.during('Asking for one short answer', () => askOnce(url, apiKey, 'default'))
  if (chat.status !== 200) throw new CommandError(`The chat answered ${chat.status}: ${errorTextOf(chat)}`)
  terminal.remark(`The chat was answered by ${chat.headers.get('x-hugway-target') ?? 'the default model'}.`)
}

/** One short answer, not streamed. */
function askOnce(url: string, apiKey: string, model: string): Promise<Answer> {
  const messages = [{ role: 'user', content: 'Reply with: pong' }]
  return call(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, max_tokens: 256, stream: false }),
    limitMs: 180_000,
  })
}

/** A GET with a client key. */
export function getWithKey(url: string, path: string, apiKey: string): Promise<Answer> {
  return call(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey}` }, limitMs: 30_000 })
}

async function waitForHealth(url: string): Promise<Answer> {
  const deadline = Date.now() + APPEARS_WITHIN_MS
  for (;;) {
    const answer = await call(`${url}/health`, { limitMs: 10_000 }).catch(() => undefined)
    if (answer && typeof fieldOf(answer.body, 'status') === 'string') return answer
    if (Date.now() > deadline)
      throw new CommandError(`${url}/health did not answer within ${APPEARS_WITHIN_MS / 1000} s`)
    await wait(PROBE_EVERY_MS)
  }
}
