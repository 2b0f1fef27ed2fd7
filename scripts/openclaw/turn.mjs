/** Runs OpenClaw's commands, each with a HOME of its own: it keeps its cooldowns for providers there. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runToEnd } from '../run-to-end.mjs'
import { withHome } from '../with-home.mjs'

/**
 * OpenClaw repeats a failing model for about 90 seconds whatever `--timeout` says, then falls back or gives up. A turn
 * with a healthy model takes 8 to 20 seconds.
 */
const GRACE_MS = 140_000
const LIST_LIMIT_MS = 60_000

/**
 * @typedef {object} Target
 * @property {string} entry OpenClaw's entry file.
 * @property {string} baseUrl
 * @property {string} apiKey
 *
 * @typedef {{ baseUrl: string, model: string }} Spare
 *
 * @typedef {object} Turn What OpenClaw made of it.
 * @property {boolean} ok It says that the turn succeeded, and its exit code agrees.
 * @property {string} text The final text.
 * @property {{ input: number, output: number }} usage Tokens as it counts them; 0 where it knows none.
 * @property {string} error What it told its user.
 * @property {boolean} timedOut
 * @property {boolean} isReadable It printed the JSON it was asked for.
 * @property {number} durationMs
 */

/**
 * One headless agent turn.
 *
 * @param {Target & { models?: string[], timeoutSeconds?: number, config?: object, asksForUsage?: boolean, spare?: Spare }} order
 *   `models`: the primary, then OpenClaw's own fallbacks; `config`: a whole configuration instead; `asksForUsage`: whether it
 *   asks for usage; `spare`: its last fallback, of another provider.
 * @returns {Promise<Turn>} Does not throw because a turn failed.
 */
export async function runTurn({
  models = [],
  timeoutSeconds = 60,
  config: given,
  asksForUsage = true,
  spare,
  ...target
}) {
  const fallbacks = [...models.slice(1).map(refOf), ...(spare ? [`spare/${spare.model}`] : [])]
  const config = given ?? {
    agents: { defaults: { model: { primary: refOf(models[0]), fallbacks } } },
    models: {
      mode: 'replace',
      providers: {
        hugway: providerOf(
          target.baseUrl,
          models.map((id) => toRow(id, asksForUsage)),
        ),
        ...(spare && { spare: providerOf(spare.baseUrl, [toRow(spare.model, asksForUsage)]) }),
      },
    },
  }
  const args = ['agent', 'exec', '--json', '--timeout', String(timeoutSeconds), 'Reply with exactly: pong']
  const ended = await runInHome(target, config, args, timeoutSeconds * 1_000 + GRACE_MS)
  return toTurn(ended, target.apiKey)
}

/**
 * The models that OpenClaw finds by itself: under this provider id, and no other, it asks `GET /models`.
 *
 * @param {Target & { config?: object }} target `config`: a whole configuration instead of the least one.
 * @returns {Promise<{ rows: Record<string, unknown>[], error: string }>}
 */
export async function listModels({ config: given, ...target }) {
  const config = given ?? {
    agents: { defaults: { model: { primary: 'litellm/none' } } },
    models: { mode: 'merge', providers: { litellm: providerOf(target.baseUrl, []) } },
  }
  const args = ['models', 'list', '--provider', 'litellm', '--refresh', '--json']
  const ended = await runInHome(target, config, args, LIST_LIMIT_MS)
  const rows = parseJson(ended.stdout)?.models
  return { rows: Array.isArray(rows) ? rows : [], error: `exit ${ended.code} ${ended.stderr.slice(-300)}` }
}

/** The key is named, not written: OpenClaw reads it from the environment. */
function providerOf(baseUrl, models) {
  return { baseUrl, apiKey: '$' + '{HUGWAY_CHECK_KEY}', api: 'openai-completions', models }
}

function refOf(id) {
  return `hugway/${id}`
}

function toRow(id, asksForUsage) {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  // Without `compat` it asks only a base URL on this machine for usage.
  const compat = { supportsUsageInStreaming: asksForUsage }
  return { id, name: id, reasoning: false, input: ['text'], contextWindow: 131_072, maxTokens: 4_096, cost, compat }
}

function runInHome({ entry, apiKey }, config, args, timeoutMs) {
  return withHome(async ({ home, workspace: cwd, env }) => {
    const file = join(home, '.openclaw', 'openclaw.json')
    await mkdir(dirname(file))
    await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 })
    const own = args[0] === 'agent' ? ['--config', file, '--cwd', cwd] : []
    const [command, sub, ...rest] = args
    const options = { env: { ...env, HUGWAY_CHECK_KEY: apiKey, HUGWAY_API_KEY: apiKey }, cwd, timeoutMs }
    return await runToEnd(process.execPath, [entry, command, sub, ...own, ...rest], options)
  })
}

function toTurn({ code, stdout, stderr, timedOut, durationMs }, apiKey) {
  const json = parseJson(stdout)
  const said = json?.error?.message ?? json?.error ?? (json ? '' : stderr.slice(-500))
  return {
    ok: json?.ok === true && code === 0,
    text: typeof json?.final === 'string' ? json.final : '',
    usage: { input: json?.usage?.input ?? 0, output: json?.usage?.output ?? 0 },
    error: (typeof said === 'string' ? said : JSON.stringify(said)).replaceAll(apiKey, '***'),
    timedOut,
    isReadable: json !== undefined,
    durationMs,
  }
}

/** The JSON object at the end of what a program printed; lines for people may come before it. */
function parseJson(text) {
  try {
    return JSON.parse(text.slice(text.indexOf('{')))
  } catch {
    return undefined
  }
}
