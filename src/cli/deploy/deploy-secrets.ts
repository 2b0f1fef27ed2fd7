import { createHash, randomBytes } from 'node:crypto'
import { CommandError } from '../command-error.ts'
import type { Project } from '../project.ts'
import type { Terminal } from '../terminal.ts'
import { sayingOf, type Wrangler } from '../wrangler/wrangler.ts'
import type { DeployIntent } from './deploy-intent.ts'
import type { SecretsPlan } from './deploy-plan.ts'
import { type Deployment, deploymentFile, keepDeployment, readDeployment } from './deployments.ts'

/** Whether it is the token that was put last from here: the record holds its hash only. */
export function isKnownToken({ token }: DeployIntent, { tokenHash }: Deployment): boolean {
  return token !== undefined && hashOf(token.value) === tokenHash
}

/**
 * Puts the secrets that the plan names, all at once, through standard input. Keys that are made up are kept in a file of
 * this checkout before they are sent: a run that is killed in between goes on with the same ones.
 *
 * @returns What is known of the deployment now.
 * @throws {CommandError} Where wrangler fails.
 */
export async function putSecrets(
  {
    project,
    terminal,
    wrangler,
  }: { readonly project: Project; readonly terminal: Terminal; readonly wrangler: Wrangler },
  { team, token, billTo, baseUrl }: DeployIntent,
  put: SecretsPlan,
): Promise<Deployment> {
  const kept = readDeployment(project, team)
  const made: Deployment = {
    ...kept,
    ...(put.made.includes('HUGWAY_API_KEY') && { apiKey: kept.apiKey ?? `hugway-${random()}` }),
    ...(put.made.includes('HUGWAY_ADMIN_TOKEN') && { adminToken: kept.adminToken ?? `hugway-admin-${random()}` }),
  }
  if (made.apiKey !== kept.apiKey || made.adminToken !== kept.adminToken) {
    keepDeployment(project, made)
    terminal.remark(`Made its keys and kept them in ${deploymentFile(project, team)} (only you can read it).`)
  }
  const values: readonly (readonly [name: string, value: string | undefined])[] = [
    ...(put.token ? [[put.token, token?.value] as const] : []),
    ...(put.billTo ? [['HF_BILL_TO', billTo?.value] as const] : []),
    ...(put.baseUrl ? [['HF_BASE_URL', baseUrl?.value] as const] : []),
    ...put.made.map((name) => [name, name === 'HUGWAY_API_KEY' ? made.apiKey : made.adminToken] as const),
  ]
  if (values.length === 0) {
    terminal.remark('Every secret is set already.')
    return made
  }
  const run = await wrangler.run(['secret', 'bulk', '--env', team], JSON.stringify(Object.fromEntries(values)))
  if (run.code !== 0) throw new CommandError(`wrangler could not put the secrets: ${sayingOf(run)}`)
  terminal.remark(`Put ${values.map(([name]) => name).join(', ')} as secrets of "${team}".`)
  const known: Deployment = {
    ...made,
    ...(put.token && token && { tokenHash: hashOf(token.value) }),
    ...(put.billTo && billTo && { billTo: billTo.value }),
  }
  if (put.token || put.billTo) keepDeployment(project, known)
  return known
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function random(): string {
  return randomBytes(24).toString('base64url')
}
