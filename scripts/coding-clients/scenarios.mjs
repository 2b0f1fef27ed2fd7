/** What is tried with every coding client, and what each trial promises. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * @typedef {object} Turn What the client made of it.
 * @property {boolean} ok
 * @property {string} text The final text.
 * @property {string} reasoning What it showed of the model's thoughts.
 * @property {{ input: number, output: number }} usage
 * @property {string} error What it told its user.
 * @property {boolean} timedOut
 * @property {number} durationMs
 *
 * @typedef {object} CodingClient
 * @property {string} name
 * @property {string} version The one whose behaviour the check knows.
 * @property {string} command What `hugway connect` calls it.
 * @property {'responses' | 'messages'} surface
 * @property {(directory?: string) => Promise<string>} ensure Installs it; gives its program.
 * @property {(file: string, text: string) => { name: string, arguments: object }} editCall The call that writes a file.
 * @property {(order: { entry: string, url: string, apiKey: string, model: string, prompt: string, config?: object }) => Promise<Turn>} runTurn
 * @property {(printed: string, apiKey: string) => any} connectedConfig What `hugway connect` printed, as `config`.
 */

const PRIMARY = 'Qwen/Qwen3-8B'
const FALLBACK = 'openai/gpt-oss-120b'
/** Of a family that is given its own thoughts back. */
const THINKER = 'deepseek-ai/DeepSeek-R1'
const ANSWER = 'pong, simulated and whole'
const THOUGHT = 'Simulated thoughts come first.'

/** It is hugway that falls back: neither client has a fallback of its own. */
export const CONFIG = {
  agents: { defaults: { model: { primary: `huggingface/${PRIMARY}`, fallbacks: [`huggingface/${FALLBACK}`] } } },
}

const completion = { kind: 'completion', text: ANSWER, reasoning: THOUGHT, usage: 'end' }
const cut = { fault: 'cut', moment: 'after_first_token' }

/**
 * @param {CodingClient} client
 * @returns {{ title: string, answer: (model: string | undefined, nth: number) => object, play: (target: object) => Promise<{ problems: string[], saw: string }> }[]}
 */
export function scenariosOf(client) {
  const ask = (target, more = {}) =>
    client.runTurn({ ...target, model: PRIMARY, prompt: 'Reply with exactly: pong', ...more })
  const playAnswered = async (target, more) => report(await ask(target, more), ANSWER)
  const playFailed = async (target) => {
    const turn = await ask(target)
    const problems = turn.timedOut ? ['it did not end in time'] : []
    if (turn.ok) problems.push('it took a broken answer for a whole one')
    if (!/incomplete|overloaded|unavailable|unreachable|credits|quota/i.test(turn.error))
      problems.push('its error says nothing')
    return { problems, saw: describe(turn) }
  }
  const { answer: answerEdit, play: playEdit } = editScenario(client, ask)
  return [
    {
      title: 'an ordinary streamed turn, with reasoning and usage',
      answer: () => completion,
      async play(target) {
        const turn = await ask(target)
        const { problems, saw } = report(turn, ANSWER)
        if (!turn.reasoning.includes(THOUGHT)) problems.push('it shows no reasoning')
        if (turn.usage.input === 0 || turn.usage.output === 0) problems.push('its usage is not counted')
        return { problems, saw }
      },
    },
    { title: 'a tool call that edits a file', answer: answerEdit, play: playEdit },
    {
      title: 'a replayed recording with reasoning',
      answer: () => replay('reasoning-content.sse'),
      async play(target) {
        const turn = await ask(target)
        const { problems, saw } = report(turn, 'Polly wants one.')
        if (!turn.reasoning.includes('A cracker? Yes.')) problems.push('it shows no reasoning')
        return { problems, saw }
      },
    },
    {
      title: 'primary 503 -> the fallback answers',
      answer: (model) => (model === PRIMARY ? { fault: 'status', status: 503 } : completion),
      play: playAnswered,
    },
    {
      title: 'cut once after the first token -> tried again',
      answer: (_model, nth) => (nth === 0 ? cut : completion),
      play: playAnswered,
    },
    { title: 'always cut after the first token -> reported', answer: () => cut, play: playFailed },
    {
      title: 'all targets 402 -> a readable error',
      answer: () => ({ fault: 'status', status: 402 }),
      play: playFailed,
    },
    {
      title: `what \`hugway connect ${client.command}\` prints`,
      answer: () => completion,
      async play(target) {
        const args = ['src/cli/main.ts', 'connect', client.command, '--url', target.url]
        const env = { ...process.env, HUGWAY_API_KEY: target.apiKey, HUGWAY_ADMIN_TOKEN: '' }
        const { stdout } = await promisify(execFile)(process.execPath, args, { env })
        return playAnswered(target, { config: client.connectedConfig(stdout, target.apiKey) })
      },
    },
  ]
}

/** The model writes a file by the client's own tool, thinks before it, and is told what came of it. */
function editScenario(client, ask) {
  const text = 'edited by a simulated model'
  let file = ''
  return {
    answer: (_model, nth) =>
      nth === 0
        ? { kind: 'completion', reasoning: THOUGHT, toolCall: client.editCall(file, text), usage: 'end' }
        : completion,
    async play(target) {
      const directory = await mkdtemp(join(tmpdir(), 'hugway-edit-'))
      file = join(directory, 'note.txt')
      try {
        const turn = await ask(target, { model: THINKER, prompt: `Write the file ${file}` })
        const { problems, saw } = report(turn, ANSWER)
        const written = await readFile(file, 'utf8').catch(() => undefined)
        if (written !== text) problems.push(`the file holds ${JSON.stringify(written)}`)
        const [, second] = target.asked().map(({ bodyText }) => JSON.parse(bodyText).messages)
        if (second?.findLast(({ role }) => role === 'tool') === undefined)
          problems.push('the model was not told the result')
        const called = second?.find(({ tool_calls: calls }) => calls)
        if (called?.reasoning_content !== THOUGHT) problems.push('the model was not given its own thoughts back')
        return { problems, saw }
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

function replay(name) {
  const chunks = [readFileSync(new URL(`../../test/fixtures/recordings/${name}`, import.meta.url), 'utf8')]
  return { kind: 'raw', headers: { 'content-type': 'text/event-stream' }, chunks }
}

function report(turn, expected) {
  const problems = []
  if (turn.timedOut) problems.push('it did not end in time')
  if (!turn.ok) problems.push('it says that the turn failed')
  else if (turn.text !== expected) problems.push(`its final text is not ${JSON.stringify(expected)}`)
  return { problems, saw: describe(turn) }
}

function describe({ ok, text, usage, error, durationMs }) {
  const answer = `final ${JSON.stringify(text)}, ${usage.input} + ${usage.output} tokens`
  return `${ok ? answer : `failed: ${error || answer}`} (${(durationMs / 1_000).toFixed(1)} s)`
}
