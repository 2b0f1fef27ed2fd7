import { CommandError, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { checkTeam, type Deployment, deploymentFile, listDeployments, readDeployment } from '../deploy/deployments.ts'
import { readKeys } from '../files/private-files.ts'
import type { Arguments, FlagSpec } from '../flags.ts'
import { devVarsName, type Project, readDevVars, requireProject } from '../project.ts'
import { readAddress } from '../start/local-address.ts'
import { call, fieldOf, isLoopback } from './http-call.ts'

/** A Worker and what opens it. */
export type WorkerAccess = {
  /** Without a slash at its end. */
  readonly url: string
  /** It runs on this machine. */
  readonly isLocal: boolean
  readonly apiKey: string | undefined
  readonly adminToken: string | undefined
  /** Where the two came from, for a person: `the environment`. */
  readonly apiKeyFrom: string
  readonly adminTokenFrom: string
}

type Keys = { readonly apiKey?: string | undefined; readonly adminToken?: string | undefined; readonly from: string }

/** Where `npm start` serves unless it is told another port. */
export const LOCAL_URL = 'http://127.0.0.1:8787'

/** The flags that choose a Worker. */
export const WORKER_FLAGS: Readonly<Record<string, FlagSpec>> = {
  url: {
    kind: 'text',
    value: 'URL',
    help: `the Worker (default HUGWAY_URL, else npm start's: ${LOCAL_URL} or its port)`,
  },
  team: { kind: 'text', value: 'NAME', help: 'the Worker that hugway deploy made for this team from this checkout' },
}

/**
 * Finds the Worker that a command is about, and its keys: from the environment, then from what this checkout knows.
 * Keys of this machine never go to another one.
 *
 * @throws {CommandError} For a URL that is none, or a team that was never deployed.
 */
export function findWorker(args: Arguments, project: Project | undefined): WorkerAccess {
  const team = args.text('team')
  if (team !== undefined) return findTeamWorker(requireProject(project), checkTeam(team), args.text('url'))
  const url = checkUrl(namedUrl(args) ?? (project && readAddress(project.localAddress)) ?? LOCAL_URL)
  const deployment = project && listDeployments(project).find((one) => one.url === url)
  const known = isLoopback(url) ? readLocalKeys(project) : deployment ? [recordOf(project, deployment)] : []
  return accessTo(url, [environmentKeys(), ...known])
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
  const deployment = readDeployment(project, team)
  const url = givenUrl ?? deployment.url
  if (url !== undefined) return accessTo(checkUrl(url), [recordOf(project, deployment), environmentKeys()])
  throw new CommandError(
    `No address is known here for the team "${team}". Add --url once, with HUGWAY_ADMIN_TOKEN and HUGWAY_API_KEY in the\n` +
      `environment, or deploy it: ${COMMAND} deploy --team ${team} finds what is there and keeps it.`,
  )
}

/** The first place that has a key gives it. */
function accessTo(url: string, places: readonly Keys[]): WorkerAccess {
  const apiKey = places.find((one) => one.apiKey)
  const adminToken = places.find((one) => one.adminToken)
  return {
    url,
    isLocal: isLoopback(url),
    apiKey: apiKey?.apiKey,
    adminToken: adminToken?.adminToken,
    apiKeyFrom: apiKey?.from ?? '',
    adminTokenFrom: adminToken?.from ?? '',
  }
}

function recordOf(project: Project, { team, apiKey, adminToken }: Deployment): Keys {
  return { apiKey, adminToken, from: deploymentFile(project, team) }
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

/** What makes the keys of this machine, where it is about this machine. */
export const orStart = (url: string) => (isLoopback(url) ? ', or start it here: npm start' : '')

/** @throws {CommandError} Where the client key is not known. */
export function requireApiKey({ apiKey, url }: WorkerAccess): string {
  if (apiKey !== undefined) return apiKey
  throw usageError(`No client key of ${url} is known here: put one into HUGWAY_API_KEY${orStart(url)}`)
}

function readLocalKeys(project: Project | undefined): readonly Keys[] {
  if (!project) return []
  const vars = readDevVars(project)
  const written = { apiKey: vars['HUGWAY_API_KEY']?.trim(), adminToken: vars['HUGWAY_ADMIN_TOKEN']?.trim() }
  return [
    { ...written, from: devVarsName(project) },
    { ...readKeys(project.localKeys), from: 'what npm start made' },
  ]
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.search || url.hash) {
    throw usageError('--url takes the address of a Worker, such as https://hugway.example.workers.dev')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '')
}

function environmentKeys(): Keys {
  return { apiKey: present('HUGWAY_API_KEY'), adminToken: present('HUGWAY_ADMIN_TOKEN'), from: 'the environment' }
}

function present(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}
