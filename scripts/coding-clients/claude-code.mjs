/** Runs Claude Code, each turn with a home of its own. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackage } from '../install-package.mjs'
import { runToEnd } from '../run-to-end.mjs'
import { readJsonLines, withHome } from '../with-home.mjs'

/** @type {import('./scenarios.mjs').CodingClient} */
export const claudeCode = {
  name: 'Claude Code',
  version: '2.1.332',
  command: 'claude-code',
  surface: 'messages',
  async ensure(directory = join(tmpdir(), `hugway-claude-code-${claudeCode.version}`)) {
    const wanted = { name: '@anthropic-ai/claude-code', version: claudeCode.version, directory }
    const { home, isNew } = await installPackage(wanted)
    // Its install script puts the program for this platform in its place.
    if (isNew) {
      const options = { cwd: home, env: process.env, timeoutMs: 120_000 }
      const { code, stderr } = await runToEnd(process.execPath, ['install.cjs'], options)
      if (code !== 0) throw new Error(`its install script failed: ${stderr.slice(-500)}`)
    }
    return join(directory, 'node_modules', '.bin', 'claude')
  },
  editCall: (file, text) => ({ name: 'Write', arguments: { file_path: file, content: text } }),
  runTurn: ({ entry, url, apiKey, model, prompt, config }) =>
    withHome(async ({ workspace, env }) => {
      const tools = ['--tools', 'Read,Write', '--allowedTools', 'Read,Write']
      const own = config ? [] : ['--model', model]
      const args = ['-p', prompt, ...own, '--output-format', 'stream-json', '--verbose', ...tools]
      const variables = config ?? {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: apiKey,
        CLAUDE_CODE_MAX_RETRIES: '1',
      }
      const ended = await runToEnd(entry, args, {
        cwd: workspace,
        env: { ...env, ...QUIET, ...variables },
        timeoutMs: 60_000,
      })
      return toTurn(ended)
    }),
  /** The variables that `hugway connect claude-code` exports. */
  connectedConfig(printed, apiKey) {
    const lines = [...printed.matchAll(/^export (\w+)=(.*)$/gm)]
    return Object.fromEntries(
      lines.map(([, name, value]) => [name, value.replaceAll(/['"]/g, '').replace('$HUGWAY_API_KEY', apiKey)]),
    )
  },
}

const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_AUTOUPDATER: '1',
}

function toTurn({ code, stdout, stderr, timedOut, durationMs }) {
  const lines = readJsonLines(stdout)
  const blocks = lines.filter(({ type }) => type === 'assistant').flatMap(({ message }) => message.content)
  const result = lines.findLast((line) => 'result' in line)
  const ok = code === 0 && result?.is_error === false
  return {
    ok,
    text: ok ? result.result : '',
    reasoning: blocks.map(({ thinking }) => thinking ?? '').join(''),
    usage: { input: result?.usage?.input_tokens ?? 0, output: result?.usage?.output_tokens ?? 0 },
    error: ok ? '' : (result?.result ?? stderr.slice(-500)),
    timedOut,
    durationMs,
  }
}
