import { readFileSync } from 'node:fs'
import { CommandError, messageOf } from '../command-error.ts'
import { kvPlace } from '../config/config-place.ts'
import type { Project } from '../project.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { sayingOf, type Wrangler, type WranglerRun } from '../wrangler/wrangler.ts'
import { readTomlDeployment, type TomlDeployment } from '../wrangler/wrangler-toml.ts'
import { type DeployNames, deployNames, isDefaultTeam } from './deployments.ts'

/** What there is of a deployment: in wrangler.toml, and at Cloudflare. */
export type DeployState = {
  readonly names: DeployNames
  readonly toml: TomlDeployment
  /** Of wrangler.toml, else found by its title. */
  readonly namespaceId: string | undefined
  /** Names only: nobody can read a secret back. A Worker that is not there yet has none. */
  readonly secrets: ReadonlySet<string>
  /** The configuration that it has. */
  readonly document: string | undefined
}

/** @throws {CommandError} Where wrangler.toml cannot be read. */
function readToml(project: Project, team: string): TomlDeployment {
  try {
    return readTomlDeployment(readFileSync(project.wranglerToml, 'utf8'), team, isDefaultTeam(team))
  } catch (cause) {
    throw new CommandError(`wrangler.toml: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Looks at everything and changes nothing: a run that failed or was killed is taken up from here.
 *
 * @throws {CommandError} Where Cloudflare does not say.
 */
export async function lookUpDeployment(project: Project, wrangler: Wrangler, team: string): Promise<DeployState> {
  const toml = readToml(project, team)
  await requireLogin(wrangler)
  const names = deployNames(team, toml.workerName)
  const namespaceId = toml.namespaceId ?? (await findNamespace(wrangler, names.namespaceTitle))
  // Before the section is written wrangler knows the Worker by its name only.
  const where = toml.hasSection ? ['--env', team] : ['--name', toml.workerName]
  const secrets = await listSecrets(wrangler, where)
  const document = namespaceId === undefined ? undefined : (await remoteKv(wrangler, namespaceId).read()).text
  return { names, toml, namespaceId, secrets, document }
}

/** A deployment's own namespace. */
export function remoteKv(wrangler: Wrangler, id: string) {
  return kvPlace(`its KV namespace ${id}`, { wrangler, where: ['--namespace-id', id, '--remote'] })
}

/** @returns Its id. @throws {CommandError} Where wrangler cannot list them. */
export async function findNamespace(wrangler: Wrangler, title: string): Promise<string | undefined> {
  const run = await wrangler.run(['kv', 'namespace', 'list'])
  if (run.code !== 0) throw new CommandError(`wrangler could not list the KV namespaces: ${sayingOf(run)}`)
  const found = readList(run, 'the KV namespaces').find((one) => fieldOf(one, 'title') === title)
  const id = fieldOf(found, 'id')
  return typeof id === 'string' ? id : undefined
}

async function listSecrets(wrangler: Wrangler, where: readonly string[]): Promise<ReadonlySet<string>> {
  const run = await wrangler.run(['secret', 'list', ...where])
  if (run.code !== 0) {
    if (/Worker .*not found|code: 10007/i.test(`${run.errors}${run.output}`)) return new Set()
    throw new CommandError(`wrangler could not list the secrets: ${sayingOf(run)}`)
  }
  return new Set(readList(run, 'the secrets').map((one) => String(fieldOf(one, 'name'))))
}

function readList({ output }: WranglerRun, what: string): readonly unknown[] {
  const start = output.indexOf('[')
  try {
    return listOf(JSON.parse(start === -1 ? '[]' : output.slice(start)))
  } catch (cause) {
    throw new CommandError(`wrangler listed ${what} in a way that cannot be read`, { cause })
  }
}

async function requireLogin(wrangler: Wrangler): Promise<void> {
  const run = await wrangler.run(['whoami', '--json'])
  if (run.code === 0) return
  // Without a token, and with an answer, it is the login that is missing; anything else is in wrangler's own words.
  const hasToken = (process.env['CLOUDFLARE_API_TOKEN'] ?? '') !== ''
  const said = `${run.output}${run.errors}`
  if (!hasToken && (/"loggedIn":\s*false|not (?:logged in|authenticated)/i.test(said) || said.trim() === '')) {
    throw new CommandError('Nobody is logged in at Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.')
  }
  const tokens = hasToken ? ', with the CLOUDFLARE_API_TOKEN of the environment' : ''
  throw new CommandError(`Cloudflare could not be asked who is logged in${tokens}: ${sayingOf(run)}`)
}
