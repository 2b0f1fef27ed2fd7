import type { Command, CommandContext } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { checkDocument, formatProblem } from '../config/check-document.ts'
import { type DeployIntent, findSetting, type LocalValues, type UploadedConfig } from '../deploy/deploy-intent.ts'
import { deployTeam } from '../deploy/deploy-team.ts'
import { checkTeam, DEFAULT_TEAM, deploymentFile } from '../deploy/deployments.ts'
import type { Arguments } from '../flags.ts'
import { devVarsName, type Project, readDevVars, requireProject } from '../project.ts'
import { confirm } from '../prompts.ts'
import { printJson } from '../terminal.ts'
import { findToken } from '../worker/router-access.ts'
import { localKv, readKvConfig } from '../wrangler/local-kv.ts'
import { createWrangler } from '../wrangler/wrangler.ts'
import { readText } from './config-files.ts'

/** `hugway deploy`. */
export const deploy: Command = {
  spec: {
    name: 'deploy',
    positionals: '',
    summary:
      "Deploys a team's own Worker: its section of wrangler.toml, KV namespace, secrets, configuration, a live check.",
    details:
      'What goes along, and from where, is told first. What is there already is found and kept, so the same command goes\n' +
      'on after a failure, and updates later. The configuration is that of --config, else that of this laptop, for a\n' +
      'deployment that has none yet.',
    flags: {
      team: {
        kind: 'list',
        value: 'NAME',
        help: `whose deployment (default ${DEFAULT_TEAM}); several are done in turn`,
      },
      config: { kind: 'text', value: 'FILE', help: 'a configuration that replaces the one it has' },
      'huggingface-api-key': { kind: 'text', value: 'TOKEN', help: 'a token that replaces the one it has' },
      'bill-to': { kind: 'text', value: 'ORG', help: 'the organisation that pays (X-HF-Bill-To)' },
      'dry-run': { kind: 'switch', help: 'look at what is there, say what would be done, and change nothing' },
      'non-interactive': { kind: 'switch', help: 'ask nothing' },
      json: { kind: 'switch', help: 'for a script: one JSON value on standard output' },
    },
  },
  async run({ args, terminal, project: found }) {
    const project = requireProject(found)
    const given = args.list('team').map(checkTeam)
    const teams = given.length > 0 ? [...new Set(given)] : [DEFAULT_TEAM]
    const isDryRun = args.has('dry-run')
    const config = await findConfig({ args, terminal, project })
    const isAgreed = terminal.isInteractive ? () => confirm('Go on?', true) : undefined
    const wrangler = createWrangler(project.root)
    const done: { readonly team: string; readonly url: string }[] = []
    for (const team of teams) {
      const intent = intentOf(args, project, team, config)
      const url = await deployTeam({ project, terminal, wrangler, intent, isDryRun, ...(isAgreed && { isAgreed }) })
      if (url === undefined) continue
      done.push({ team, url })
      if (!args.has('json')) terminal.print(url)
      terminal.remark(
        `Its keys are in ${deploymentFile(project, team)}. Next: ${COMMAND} connect openclaw --team ${team}`,
      )
    }
    if (args.has('json')) printJson(terminal, done)
    return undefined
  },
}

/** What a deployment takes from the flags, the environment and the files of this checkout. */
export function intentOf(
  args: Arguments,
  project: Project,
  team: string,
  config: UploadedConfig | undefined,
  given = args.text('huggingface-api-key'),
): DeployIntent {
  const local: LocalValues = { environment: process.env, devVars: readDevVars(project), fileName: devVarsName(project) }
  const found = findToken(project)
  const where = found?.source === 'environment' ? 'the environment' : found?.source
  const billTo = args.text('bill-to')
  return {
    team,
    token: given
      ? { value: given, source: 'the token of this run' }
      : found && { value: found.value, source: `${found.name} of ${where}` },
    isNewToken: given !== undefined,
    billTo: billTo === undefined ? findSetting('HF_BILL_TO', local) : { value: billTo, source: '--bill-to' },
    isNewBillTo: billTo !== undefined,
    baseUrl: findSetting('HF_BASE_URL', local),
    config,
  }
}

async function findConfig({ args, project }: CommandContext): Promise<UploadedConfig | undefined> {
  const file = args.text('config')
  if (file !== undefined) {
    const text = readText(file)
    const checked = checkDocument(text)
    if (checked.ok) return { text, source: file, isForced: true }
    throw new CommandError(checked.error.map((problem) => formatProblem(file, problem)).join('\n'))
  }
  const checkout = requireProject(project)
  const text = await readKvConfig(localKv(checkout, createWrangler(checkout.root)))
  return text === undefined ? undefined : { text, source: "this laptop's", isForced: false }
}
