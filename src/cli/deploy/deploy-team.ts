import { readFileSync } from 'node:fs'
import { CommandError, messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { writeChange } from '../config/change-config.ts'
import { kvPlace } from '../config/config-place.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { checkLive } from '../worker/live-check.ts'
import { sayingOf, type Wrangler, type WranglerRun } from '../wrangler/wrangler.ts'
import { addTomlDeployment, readTomlDeployment } from '../wrangler/wrangler-toml.ts'
import { deployNames, isDefaultTeam, planDeploy } from './deploy-plan.ts'
import { putSecrets, type SecretsRequest } from './deploy-secrets.ts'
import { deploymentFile, keepDeployment } from './deployments.ts'

/** A document to upload. */
export type UploadedConfig = {
  readonly text: string
  /** For a person: which file, or which place. */
  readonly source: string
  /** It replaces what the deployment has; otherwise it is only for one that has nothing. */
  readonly isForced: boolean
}

export type DeployRequest = SecretsRequest & {
  readonly config: UploadedConfig | undefined
  readonly isDryRun: boolean
}

/**
 * Deploys a team's own Worker. Every step looks first at what is there already, so that a run which failed or was killed
 * is taken up by the same command.
 *
 * @returns Its address; nothing after a dry run.
 * @throws {CommandError} At the first step that fails.
 */
export async function deployTeam(request: DeployRequest): Promise<string | undefined> {
  const { project, terminal, wrangler, team, isDryRun } = request
  const toml = readTomlDeployment(readFileSync(project.wranglerToml, 'utf8'), team, isDefaultTeam(team))
  if (isDryRun) {
    const names = ['HF_TOKEN', 'HUGWAY_API_KEY', 'HUGWAY_ADMIN_TOKEN']
    const known = toml.hasSection ? toml.namespaceId : undefined
    const steps = planDeploy(deployNames(team, toml.workerName), known, names, request.config?.source)
    for (const [index, { title, command }] of steps.entries()) terminal.print(`${index + 1}. ${title}\n   ${command}`)
    terminal.remark('Nothing was changed.')
    return undefined
  }
  await terminal.during('Checking who is logged in at Cloudflare', () => requireLogin(wrangler))
  const id = await terminal.during('Looking for its KV namespace', () => ensureNamespace(request))
  const deployment = await terminal.during('Checking its secrets', () => putSecrets(request))
  await uploadConfig(request, id)
  const run = await terminal.during(`Deploying ${toml.workerName}`, () =>
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

const isSilent = ({ output, errors }: WranglerRun) => `${output}${errors}`.trim() === ''

async function requireLogin(wrangler: Wrangler): Promise<void> {
  const run = await wrangler.run(['whoami', '--json'])
  if (run.code === 0) return
  // Without a token, and with an answer, it is the login that is missing; anything else is in wrangler's own words.
  const hasToken = (process.env['CLOUDFLARE_API_TOKEN'] ?? '') !== ''
  if (
    !hasToken &&
    (/"loggedIn":\s*false|not (?:logged in|authenticated)/i.test(run.output + run.errors) || isSilent(run))
  ) {
    throw new CommandError('Nobody is logged in at Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.')
  }
  const tokens = hasToken ? ', with the CLOUDFLARE_API_TOKEN of the environment' : ''
  throw new CommandError(`Cloudflare could not be asked who is logged in${tokens}: ${sayingOf(run)}`)
}

/** The team's namespace: of wrangler.toml, else found by its title, else made. The file names it in the end. */
async function ensureNamespace({ project, wrangler, terminal, team }: DeployRequest): Promise<string> {
  const text = readFileSync(project.wranglerToml, 'utf8')
  const toml = readTomlDeployment(text, team, isDefaultTeam(team))
  if (toml.hasSection && toml.namespaceId !== undefined) return toml.namespaceId
  const { namespaceTitle } = deployNames(team, toml.workerName)
  const id = toml.namespaceId ?? (await findNamespace(wrangler, namespaceTitle)) ?? (await createNamespace())
  let edited: string
  try {
    edited = addTomlDeployment(text, team, toml.workerName, id)
  } catch (cause) {
    throw new CommandError(`wrangler.toml: ${messageOf(cause)}`, { cause })
  }
  writeAtomically(project.wranglerToml, edited)
  terminal.remark(`Wrote [env.${team}] with the KV namespace ${id} to ${project.wranglerToml}`)
  return id

  async function createNamespace(): Promise<string> {
    const run = await wrangler.run(['kv', 'namespace', 'create', namespaceTitle])
    if (run.code !== 0) throw new CommandError(`wrangler could not create the KV namespace: ${sayingOf(run)}`)
    const created = await findNamespace(wrangler, namespaceTitle)
    if (created === undefined)
      throw new CommandError(`wrangler created ${namespaceTitle} and does not list it: try again`)
    return created
  }
}

async function findNamespace(wrangler: Wrangler, title: string): Promise<string | undefined> {
  const run = await wrangler.run(['kv', 'namespace', 'list'])
  if (run.code !== 0) throw new CommandError(`wrangler could not list the KV namespaces: ${sayingOf(run)}`)
  try {
    const listed: unknown = JSON.parse(run.output.slice(Math.max(0, run.output.indexOf('['))))
    const id = fieldOf(
      listOf(listed).find((one) => fieldOf(one, 'title') === title),
      'id',
    )
    return typeof id === 'string' ? id : undefined
  } catch (cause) {
    throw new CommandError('wrangler listed the KV namespaces in a way that cannot be read', { cause })
  }
}

/** A configuration that is there already stays, unless another one was asked for by name. */
async function uploadConfig({ terminal, wrangler, config }: DeployRequest, id: string): Promise<void> {
  if (config === undefined) return
  const place = kvPlace(`its KV namespace ${id}`, { wrangler, where: ['--namespace-id', id, '--remote'] })
  const before = await terminal.during('Looking at its configuration', () => place.read())
  if (before.text !== undefined && !config.isForced) {
    terminal.remark('It has a configuration, which stays as it is (--config FILE replaces it).')
    return
  }
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
