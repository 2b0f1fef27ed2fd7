import type { Command, CommandContext } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { checkDocument, formatProblem } from '../config/check-document.ts'
import { deployTeam, type UploadedConfig } from '../deploy/deploy-team.ts'
import { checkTeam, DEFAULT_TEAM, deploymentFile } from '../deploy/deployments.ts'
import { requireProject } from '../project.ts'
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
      'What is there already is found and kept, so the same command goes on after a failure, and updates later.\n' +
      'The configuration is that of --config, else that of this laptop, for a deployment that has none yet.',
    flags: {
      team: { kind: 'text', value: 'NAME', help: `whose deployment (default ${DEFAULT_TEAM})` },
      config: { kind: 'text', value: 'FILE', help: 'a configuration that replaces the one it has' },
      'huggingface-api-key': { kind: 'text', value: 'TOKEN', help: 'a token that replaces the one it has' },
      'dry-run': { kind: 'switch', help: 'print every step, and change nothing' },
    },
  },
  async run({ args, terminal, project: found }) {
    const project = requireProject(found)
    const team = checkTeam(args.text('team') ?? DEFAULT_TEAM)
    const isDryRun = args.has('dry-run')
    const given = args.text('huggingface-api-key')
    const url = await deployTeam({
      project,
      terminal,
      wrangler: createWrangler(project.root),
      team,
      token: given ?? findToken(project)?.value,
      isNewToken: given !== undefined,
      config: await findConfig({ args, terminal, project }, isDryRun),
      isDryRun,
    })
    if (url === undefined) return undefined
    terminal.print(url)
    terminal.remark(
      `Its keys are in ${deploymentFile(project, team)}. Next: ${COMMAND} connect openclaw --team ${team}`,
    )
    return undefined
  },
}

async function findConfig({ args, project }: CommandContext, isDryRun: boolean): Promise<UploadedConfig | undefined> {
  const file = args.text('config')
  if (file !== undefined) {
    const text = readText(file)
    const checked = checkDocument(text)
    if (checked.ok) return { text, source: file, isForced: true }
    throw new CommandError(checked.error.map((problem) => formatProblem(file, problem)).join('\n'))
  }
  const source = "this laptop's configuration"
  if (isDryRun) return { text: '', source: `${source}, if there is one`, isForced: false }
  const checkout = requireProject(project)
  const text = await readKvConfig(localKv(checkout, createWrangler(checkout.root)))
  return text === undefined ? undefined : { text, source, isForced: false }
}
