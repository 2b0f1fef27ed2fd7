import { readFileSync } from 'node:fs'
import { CommandError, messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { writeChange } from '../config/change-config.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import type { Project } from '../project.ts'
import type { Terminal } from '../terminal.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { checkLive } from '../worker/live-check.ts'
import { sayingOf, type Wrangler, type WranglerRun } from '../wrangler/wrangler.ts'
import { addTomlDeployment } from '../wrangler/wrangler-toml.ts'
import type { DeployIntent } from './deploy-intent.ts'
import { describeIntent, planSecrets, planSteps } from './deploy-plan.ts'
import { isKnownToken, putSecrets } from './deploy-secrets.ts'
import { type DeployState, findNamespace, lookUpDeployment, remoteKv } from './deploy-state.ts'
import { deploymentFile, keepDeployment, readDeployment } from './deployments.ts'

export type DeployRequest = {
  readonly project: Project
  readonly terminal: Terminal
  readonly wrangler: Wrangler
  readonly intent: DeployIntent
  readonly isDryRun: boolean
  /** Asked after the plan was told; absent, it goes on. */
  readonly isAgreed?: () => Promise<boolean>
}

/**
 * Deploys a team's own Worker: looks at what is there, tells what goes along and what will be done, and does it. What is
 * there already is kept, so that a run which failed or was killed is taken up by the same command.
 *
 * @returns Its address; nothing after a dry run, or a no.
 * @throws {CommandError} At the first step that fails.
 */
export async function deployTeam(request: DeployRequest): Promise<string | undefined> {
  const { project, terminal, wrangler, intent, isDryRun, isAgreed } = request
  const { team } = intent
  const state = await terminal.during(`Looking at what there is of "${team}"`, () =>
    lookUpDeployment(project, wrangler, team),
  )
  const kept = readDeployment(project, team)
  const put = planSecrets(intent, state, kept, isKnownToken(intent, kept))
  const facts = describeIntent(intent, state, put)
  if (isDryRun) {
    const steps = planSteps(intent, state, put).map(({ title, command }, at) => `${at + 1}. ${title}\n   ${command}`)
    terminal.print([`The team "${team}", Worker ${state.names.workerName}`, ...facts, '', ...steps].join('\n'))
    terminal.remark('Nothing was changed.')
    return undefined
  }
  terminal.remark([`Deploying the team "${team}", Worker ${state.names.workerName}`, ...facts].join('\n'))
  if (isAgreed && !(await isAgreed())) return undefined
  const id = await terminal.during('Its KV namespace and its section', () => ensureSection(request, state))
  const deployment = await terminal.during('Its secrets', () => putSecrets(request, intent, put))
  await uploadConfig(request, state, id)
  const run = await terminal.during(`Deploying ${state.names.workerName}`, () =>
    wrangler.run(['deploy', '--env', team, '--keep-vars']),
  )
  if (run.code !== 0) throw new CommandError(`wrangler could not deploy: ${sayingOf(run)}`)
  const url = urlOf(run) ?? deployment.url
  if (url === undefined) {
    throw new CommandError(
      `Deployed, but wrangler named no address (workers_dev = false?): check it by '${COMMAND} doctor --url'`,
    )
  }
  if (url !== deployment.url) {
    keepDeployment(project, { ...deployment, url })
    terminal.remark(`Kept its address in ${deploymentFile(project, team)}`)
  }
  await checkLive(terminal, url, deployment.apiKey ?? process.env['HUGWAY_API_KEY'])
  return url
}

/** The namespace is made where there is none, and the section completed: every binding of the top, and this namespace. */
async function ensureSection(
  { project, wrangler, terminal, intent }: DeployRequest,
  state: DeployState,
): Promise<string> {
  const { toml, names } = state
  if (toml.hasSection && toml.missing.length === 0 && toml.namespaceId !== undefined) return toml.namespaceId
  const id = state.namespaceId ?? (await createNamespace(wrangler, names.namespaceTitle))
  const text = readFileSync(project.wranglerToml, 'utf8')
  let edited: string
  try {
    edited = addTomlDeployment(text, intent.team, names.workerName, id)
  } catch (cause) {
    throw new CommandError(`wrangler.toml: ${messageOf(cause)}`, { cause })
  }
  writeAtomically(project.wranglerToml, edited)
  const added = toml.hasSection ? toml.missing.join(', ') : `the KV namespace ${id}`
  terminal.remark(`Wrote [env.${intent.team}] with ${added} to ${project.wranglerToml}: commit that.`)
  return id
}

async function createNamespace(wrangler: Wrangler, title: string): Promise<string> {
  const run = await wrangler.run(['kv', 'namespace', 'create', title])
  if (run.code !== 0) throw new CommandError(`wrangler could not create the KV namespace: ${sayingOf(run)}`)
  const created = await findNamespace(wrangler, title)
  if (created === undefined) throw new CommandError(`wrangler created ${title} and does not list it: try again`)
  return created
}

/** A configuration that is there already stays, unless another one was asked for by name. */
async function uploadConfig({ terminal, wrangler, intent }: DeployRequest, { document }: DeployState, id: string) {
  const { config } = intent
  if (config === undefined) return
  if (document !== undefined && !config.isForced) {
    terminal.remark('It has a configuration, which stays as it is (--config FILE replaces it).')
    return
  }
  const before = document === undefined ? { text: undefined } : { text: document }
  const place = remoteKv(wrangler, id)
  await terminal.during(`Uploading ${config.source}`, () => writeChange(terminal, place, before, config.text))
}

/** What wrangler wrote for programs, else what it printed. */
function urlOf({ entries, output }: WranglerRun): string | undefined {
  const targets = entries.flatMap((entry) =>
    fieldOf(entry, 'type') === 'deploy' ? listOf(fieldOf(entry, 'targets')) : [],
  )
  const found = targets.map(String).find((target) => /^(?:https?:\/\/)?[\w.-]+(?::\d+)?\/?$/.test(target))
  const url = found ?? /https:\/\/[\w.-]+\.workers\.dev/.exec(output)?.[0]
  return url === undefined ? undefined : `${/^https?:/.test(url) ? '' : 'https://'}${url}`.replace(/\/+$/, '')
}
