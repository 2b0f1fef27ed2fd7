/** Runs Codex, each turn with a home of its own. */
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackage } from '../install-package.mjs'
import { runToEnd } from '../run-to-end.mjs'
import { readJsonLines, withHome } from '../with-home.mjs'

/** @type {import('./scenarios.mjs').CodingClient} */
export const codex = {
  name: 'Codex',
  version: '0.171.0',
  command: 'codex',
  surface: 'responses',
  async ensure(directory = join(tmpdir(), `hugway-codex-${codex.version}`)) {
    await installPackage({ name: '@openai/codex', version: codex.version, directory })
    return join(directory, 'node_modules', '.bin', 'codex')
  },
  editCall: (file, text) => ({ name: 'exec_command', arguments: { cmd: `printf %s '${text}' > '${file}'` } }),
  runTurn: ({ entry, url, apiKey, model, prompt, config }) =>
    withHome(async ({ home, workspace, env }) => {
      // What `hugway connect codex` printed, or the least that makes Codex ask this deployment.
      const provider = config ?? leastConfig(url, model)
      await writeFile(join(home, 'config.toml'), `${QUIET}${provider}\n`)
      const args = ['exec', '--skip-git-repo-check', '--json', ...(config ? [] : ['-m', model]), prompt]
      const ended = await runToEnd(entry, args, {
        cwd: workspace,
        env: { ...env, CODEX_HOME: home, HUGWAY_API_KEY: apiKey },
        timeoutMs: 60_000,
      })
      return toTurn(ended)
    }),
  connectedConfig: (printed) => printed,
}

/** Nobody is asked for leave, and nobody but the deployment is called. */
const QUIET = `approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
`

function leastConfig(url, model) {
  return `model = ${JSON.stringify(model)}
model_provider = "hugway"
[analytics]
enabled = false
[model_providers.hugway]
name = "hugway"
base_url = "${url}/v1"
env_key = "HUGWAY_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 1`
}

function toTurn({ code, stdout, stderr, timedOut, durationMs }) {
  const events = readJsonLines(stdout)
  const items = events.filter(({ type }) => type === 'item.completed').map(({ item }) => item)
  const textOf = (type) => items.filter((item) => item.type === type).map((item) => item.text)
  const usage = events.find(({ type }) => type === 'turn.completed')?.usage
  const failed = events.find(({ type }) => type === 'turn.failed')
  return {
    ok: code === 0 && usage !== undefined,
    text: textOf('agent_message').join(''),
    reasoning: textOf('reasoning').join(''),
    usage: { input: usage?.input_tokens ?? 0, output: usage?.output_tokens ?? 0 },
    error: failed?.error?.message ?? (code === 0 ? '' : stderr.slice(-500)),
    timedOut,
    durationMs,
  }
}
