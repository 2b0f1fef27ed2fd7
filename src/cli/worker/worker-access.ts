import { CommandError, usageError } from '../command-error.ts'
import { checkTeam, listDeployments, readDeployment } from '../deploy/deployments.ts'
import { readKeys } from '../files/private-files.ts'
import type { Arguments, FlagSpec } from '../flags.ts'
import { type Project, readDevVars, requireProject } from '../project.ts'
import { call, fieldOf, isLoopback } from './http-call.ts'

/** A Worker and what opens it. */
export type WorkerAccess = {
  /** Without a slash at its end. */
  readonly url: string
  /** It runs on this machine. */
  readonly isLocal: boolean
  readonly apiKey: string | undefined
  readonly adminToken: string | undefined
}

/** Where `npm start` serves. */
export const LOCAL_URL = 'http://127.0.0.1:8787'

/** The flags that choose a Worker. */
export const WORKER_FLAGS: Readonly<Record<string, FlagSpec>> = {
  url: { kind: 'text', value: 'URL', help: `the Worker (default HUGWAY_URL, else ${LOCAL_URL}: npm start)` },
  team: { kind: 'text', value: 'NAME', help: 'the Worker that hugway deploy made for this team from this checkout' },
}

/**
 * Finds the Worker that a command is about, and its keys: from the environment, then from what this checkout knows.
 * Keys of this machine never go to another one.
 *
 * @throws {CommandError} For a URL that is none, or a team that was never deployed.
 */
export function findWorker(args: Arguments, project: Project | undefined): WorkerAccess {
  const environment = { apiKey: present('HUGWAY_API_KEY'), adminToken: present('HUGWAY_ADMIN_TOKEN') }
  const team = args.text('team')
  if (team !== undefined) {
    const deployment = readDeployment(requireProject(project), checkTeam(team))
    const url = args.text('url') ?? deployment.url
    if (url === undefined)
      throw new CommandError(`No address is known for the team "${team}": deploy it, or add --url.`)
    // What was made for this deployment goes before the environment, which may be about another one.
    const { apiKey = environment.apiKey, adminToken = environment.adminToken } = deployment
    return { url: checkUrl(url), isLocal: isLoopback(url), apiKey, adminToken }
  }
  const url = checkUrl(namedUrl(args) ?? LOCAL_URL)
  const isLocal = isLoopback(url)
  const known = isLocal ? readLocalKeys(project) : project && listDeployments(project).find((one) => one.url === url)
  return {
    url,
    isLocal,
    apiKey: environment.apiKey ?? known?.apiKey,
    adminToken: environment.adminToken ?? known?.adminToken,
  }
}

/** The Worker that was named, by flag or for all commands by the environment. */
export function namedUrl(args: Arguments): string | undefined {
  return args.text('url') ?? present('HUGWAY_URL')
}

/**
 * The Worker of a team. What was made for it goes before the environment, which may be about another one.
 *
 * @throws {CommandError} For a team whose address is not known.
 */
export function findTeamWorker(project: Project, team: string, givenUrl?: string): WorkerAccess {
  const environment = environmentKeys()
  const {
    apiKey = environment.apiKey,
    adminToken = environment.adminToken,
    ...deployment
  } = readDeployment(project, team)
  const url = givenUrl ?? deployment.url
  if (url === undefined) throw new CommandError(`No address is known for the team "${team}": deploy it, or add --url.`)
  return { url: checkUrl(url), isLocal: isLoopback(url), apiKey, adminToken }
}

/** Whether a Worker of ours answers there. */
export async function isRunning(url: string): Promise<boolean> {
  return (await readHealth(url)) !== undefined
}

/** Whether what a Worker answers is a simulator's. */
export async function isSimulated(url: string): Promise<boolean> {
  return fieldOf(await readHealth(url), 'upstream') === 'simulator'
}

async function readHealth(url: string): Promise<unknown> {
  const answer = await call(`${url}/health`, { limitMs: 2_000 }).catch(() => undefined)
  const isOurs = typeof fieldOf(answer?.body, 'status') === 'string' && fieldOf(answer?.body, 'config') !== undefined
  return isOurs ? answer?.body : undefined
}

/** @throws {CommandError} Where the client key is not known. */
export function requireApiKey({ apiKey, url }: WorkerAccess): string {
  if (apiKey !== undefined) return apiKey
  throw usageError(`HUGWAY_API_KEY is not set: put a client key of ${url} into the environment`)
}

function readLocalKeys(project: Project | undefined): { readonly apiKey?: string; readonly adminToken?: string } {
  const vars = readDevVars(project)
  const made = project && readKeys(project.localKeys)
  const apiKey = vars['HUGWAY_API_KEY']?.trim() || made?.apiKey
  const adminToken = vars['HUGWAY_ADMIN_TOKEN']?.trim() || made?.adminToken
  return { ...(apiKey && { apiKey }), ...(adminToken && { adminToken }) }
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.search || url.hash) {
    throw usageError('--url takes the address of a Worker, such as https://hugway.example.workers.dev')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '')
}

function environmentKeys() {
  return { apiKey: present('HUGWAY_API_KEY'), adminToken: present('HUGWAY_ADMIN_TOKEN') }
}

function present(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}
