import { createHash, randomBytes } from 'node:crypto'
import { TOKEN_NAMES } from '../../core/router-facts.ts'
import { CommandError, usageError } from '../command-error.ts'
import { type Project, readDevVars } from '../project.ts'
import type { Terminal } from '../terminal.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { sayingOf, type Wrangler } from '../wrangler/wrangler.ts'
import { type Deployment, deploymentFile, keepDeployment, readDeployment } from './deployments.ts'

/** What goes along when it is set here: who pays, and another upstream. */
const OPTIONAL = ['HF_BILL_TO', 'HF_BASE_URL']

export type SecretsRequest = {
  readonly project: Project
  readonly terminal: Terminal
  readonly wrangler: Wrangler
  readonly team: string
  /** The Hugging Face token, where it is known here. */
  readonly token: string | undefined
  /** The token was given for this very run, so it replaces one that is set. */
  readonly isNewToken: boolean
}

/**
 * Puts the secrets that are missing, all at once, through standard input. Keys that are made up are kept in a file of
 * this checkout before they are sent: a run that is killed in between goes on with the same ones.
 *
 * @returns What is known of the deployment now.
 * @throws {CommandError} Where there is no token to put, or wrangler fails.
 */
export async function putSecrets(request: SecretsRequest): Promise<Deployment> {
  const { project, terminal, wrangler, team, token, isNewToken } = request
  const set = await listSecrets(wrangler, team)
  const hasToken = TOKEN_NAMES.some((name) => set.has(name))
  if (!hasToken && token === undefined) {
    throw usageError('No Hugging Face token is set: add --huggingface-api-key, or set HF_TOKEN in the environment')
  }
  const kept = readDeployment(project, team)
  const made: Deployment = {
    ...kept,
    ...(!set.has('HUGWAY_API_KEY') && { apiKey: kept.apiKey ?? `hugway-${random()}` }),
    ...(!set.has('HUGWAY_ADMIN_TOKEN') && { adminToken: kept.adminToken ?? `hugway-admin-${random()}` }),
  }
  if (made.apiKey !== kept.apiKey || made.adminToken !== kept.adminToken) {
    keepDeployment(project, made)
    terminal.remark(`Made its keys and kept them in ${deploymentFile(project, team)} (only you can read it).`)
  }
  const tokenHash = token && createHash('sha256').update(token).digest('hex')
  const tokenName = TOKEN_NAMES.find((name) => set.has(name)) ?? 'HF_TOKEN'
  const values: Record<string, string | undefined> = {
    [tokenName]: !hasToken || (isNewToken && tokenHash !== kept.tokenHash) ? token : undefined,
    HUGWAY_API_KEY: set.has('HUGWAY_API_KEY') ? undefined : made.apiKey,
    HUGWAY_ADMIN_TOKEN: set.has('HUGWAY_ADMIN_TOKEN') ? undefined : made.adminToken,
    ...optionalSettings(project, set),
  }
  const missing = Object.entries(values).filter(([, value]) => value !== undefined)
  if (missing.length === 0) {
    terminal.remark('Every secret is set already.')
    return made
  }
  const run = await wrangler.run(['secret', 'bulk', '--env', team], JSON.stringify(Object.fromEntries(missing)))
  if (run.code !== 0) throw new CommandError(`wrangler could not put the secrets: ${sayingOf(run)}`)
  terminal.remark(`Put ${missing.map(([name]) => name).join(', ')} as secrets of "${team}".`)
  if (values[tokenName] === undefined || tokenHash === undefined) return made
  const known = { ...made, tokenHash }
  keepDeployment(project, known)
  return known
}

/** The names only: nobody can read a secret back. A Worker that is not there yet has none. */
async function listSecrets(wrangler: Wrangler, team: string): Promise<ReadonlySet<string>> {
  const run = await wrangler.run(['secret', 'list', '--env', team])
  if (run.code !== 0) {
    if (/Worker .*not found|code: 10007/i.test(`${run.errors}${run.output}`)) return new Set()
    throw new CommandError(`wrangler could not list the secrets: ${sayingOf(run)}`)
  }
  const start = run.output.indexOf('[')
  try {
    const listed: unknown = JSON.parse(start === -1 ? '[]' : run.output.slice(start))
    return new Set(listOf(listed).map((one) => String(fieldOf(one, 'name'))))
  } catch (cause) {
    throw new CommandError('wrangler listed the secrets in a way that cannot be read', { cause })
  }
}

function optionalSettings(project: Project, set: ReadonlySet<string>): Record<string, string | undefined> {
  const vars = readDevVars(project)
  const found = OPTIONAL.flatMap((name) => {
    const value = process.env[name]?.trim() || vars[name]?.trim()
    // An upstream on this machine is out of reach from there.
    const isUseful = value !== undefined && value !== '' && !/\/\/(?:localhost|127\.|\[::1\])/.test(value)
    return isUseful && !set.has(name) ? [[name, value] as const] : []
  })
  return Object.fromEntries(found)
}

function random(): string {
  return randomBytes(24).toString('base64url')
}
