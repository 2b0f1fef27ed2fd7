/** What is tried, and what each trial promises. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import JSON5 from 'json5'
import { listModels, runTurn } from './turn.mjs'

export const PRIMARY = 'Qwen/Qwen3-8B'
export const FALLBACK = 'openai/gpt-oss-120b'
export const ANSWER = 'pong, simulated and whole'

export const completion = { kind: 'completion', text: ANSWER, usage: 'end' }
/** Three heartbeats come before it; lost, the turn has no text. */
const lateToolCall = {
  kind: 'completion',
  toolCall: { name: 'read', arguments: { path: 'AGENTS.md' } },
  usage: 'end',
  faults: [{ fault: 'slow', firstTokenMs: 3_000, perTokenMs: 1 }],
}
const status = (code) => ({ fault: 'status', status: code })
const cut = { fault: 'cut', moment: 'after_first_token' }

/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {(model: string | undefined, nth: number) => object | undefined} answer How the simulator answers a model;
 *   `nth` counts its requests from 0.
 * @property {object} [config] What hugway is configured with, instead of {@link CONFIG}.
 * @property {string} [ledgerModule] The objects that keep the ledgers, instead of the Worker's own.
 * @property {(target: import('./turn.mjs').Target & { upstreamUrl: string, ends: () => string[] }) => Promise<{ problems: string[], saw: string }>} play
 */

/** An ordinary turn; the only one that works against any deployment. */
export async function playOrdinary(target, model = PRIMARY) {
  const turn = await runTurn({ ...target, models: [model] })
  const problems = wholeTurnProblems(turn)
  if (turn.usage.input === 0 || turn.usage.output === 0) problems.push('its usage is not counted')
  return { problems, saw: describe(turn) }
}

/** @type {Scenario[]} */
export const SCENARIOS = [
  { title: 'an ordinary streamed turn, with usage', answer: () => completion, play: (target) => playOrdinary(target) },
  { title: 'primary 429 -> the fallback answers', answer: unlessPrimary(status(429)), play: playAnswered },
  { title: 'primary 402 -> the fallback answers', answer: unlessPrimary(status(402)), play: playAnswered },
  {
    title: 'cut once after the first token -> tried again',
    answer: (_model, nth) => (nth === 0 ? cut : completion),
    play: playAnswered,
  },
  {
    title: 'a tool call after heartbeats -> the tool is run',
    answer: (_model, nth) => (nth === 0 ? lateToolCall : completion),
    play: playAnswered,
  },
  {
    title: 'usage that it did not ask for -> is counted',
    answer: () => completion,
    play: async (target) => {
      const turn = await runTurn({ ...target, models: [PRIMARY], asksForUsage: false })
      const problems = wholeTurnProblems(turn)
      if (turn.usage.output === 0) problems.push('its usage is not counted')
      return { problems, saw: describe(turn) }
    },
  },
  { title: 'all targets 503 -> a readable error', answer: () => status(503), play: playFailed },
  { title: 'always cut after the first token -> reported', answer: () => cut, play: playFailed },
  { title: 'models listed through provider id litellm', answer: () => undefined, play: playList },
  { title: 'what `hugway connect openclaw` prints', answer: () => completion, play: playConnected },
]

/** What hugway is configured with: it is the gateway that falls back, OpenClaw has no fallback of its own. */
export const CONFIG = {
  agents: {
    defaults: {
      model: { primary: `huggingface/${PRIMARY}`, fallbacks: [`huggingface/${FALLBACK}`] },
      models: { [`huggingface/${FALLBACK}`]: { alias: 'Backup of the check' } },
    },
  },
  // Heartbeats begin early, so that a slow first token shows what they do to a client.
  hugway: { holdMs: 300 },
}

function unlessPrimary(fault) {
  return (model) => (model === PRIMARY ? fault : completion)
}

async function playAnswered(target) {
  const turn = await runTurn({ ...target, models: [PRIMARY] })
  const problems = wholeTurnProblems(turn)
  if (turn.ok && turn.text !== ANSWER) problems.push(`its final text is not the answer, ${JSON.stringify(ANSWER)}`)
  return { problems, saw: describe(turn) }
}

async function playFailed(target) {
  const turn = await runTurn({ ...target, models: [PRIMARY] })
  const problems = []
  if (turn.timedOut) problems.push('it did not end in time')
  if (turn.ok) problems.push('it took a broken answer for a whole one')
  if (!turn.isReadable) problems.push('it printed no JSON')
  if (!/overloaded|unavailable|timed? ?out|incomplete|failed/i.test(turn.error)) problems.push('its error says nothing')
  return { problems, saw: describe(turn) }
}

async function playList(target) {
  const { rows, error } = await listModels(target)
  const named = rows.find(({ key }) => key === `litellm/huggingface/${FALLBACK}`)
  const problems = []
  if (rows.length === 0) problems.push(`it lists nothing: ${error}`)
  else if (!named) problems.push(`it does not list huggingface/${FALLBACK}`)
  else if (named.name !== 'Backup of the check')
    problems.push(`it shows ${FALLBACK} as ${named.name}, not by its alias`)
  if (named && !(named.contextWindow > 0)) problems.push('it knows no context window')
  return { problems, saw: `${rows.length} models, ${FALLBACK} as "${named?.name}" with ${named?.contextWindow} tokens` }
}

/** A newcomer's one paste: the block is the whole configuration. */
async function playConnected(target) {
  const url = target.baseUrl.replace(/\/v1$/, '')
  const env = { ...process.env, HUGWAY_API_KEY: target.apiKey, HUGWAY_ADMIN_TOKEN: '' }
  const args = ['src/cli/main.ts', 'connect', 'openclaw', '--url', url]
  const config = JSON5.parse((await promisify(execFile)(process.execPath, args, { env })).stdout)
  const turn = await runTurn({ ...target, config })
  const { rows, error } = await listModels({ ...target, config })
  const problems = wholeTurnProblems(turn)
  if (turn.usage.output === 0) problems.push('its usage is not counted')
  const written = config.models.providers.litellm.models.length
  if (rows.length === 0) problems.push(`it lists nothing: ${error}`)
  return { problems, saw: `${describe(turn)}; ${rows.length} models listed, ${written} written out` }
}

export function wholeTurnProblems(turn) {
  const problems = []
  if (turn.timedOut) problems.push('it did not end in time')
  if (!turn.isReadable) problems.push('it printed no JSON')
  if (!turn.ok) problems.push('it says that the turn failed')
  if (turn.text.trim() === '') problems.push('its final text is empty')
  return problems
}

export function describe({ ok, text, usage, error, durationMs }) {
  const answer = `final ${JSON.stringify(text)}, ${usage.input} + ${usage.output} tokens`
  return `${ok ? answer : `failed: ${error || answer}`} (${(durationMs / 1_000).toFixed(1)} s)`
}
