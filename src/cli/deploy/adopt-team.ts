import { CommandError } from '../command-error.ts'
import type { Project } from '../project.ts'
import { ask, askSecret } from '../prompts.ts'
import type { Terminal } from '../terminal.ts'
import { isRunning } from '../worker/worker-access.ts'
import { checkTeam, deploymentFile, keepDeployment, readDeployment } from './deployments.ts'

/**
 * Asks for what this machine does not know of a team that was deployed from another one: nobody can read a secret back
 * from Cloudflare. Kept once, it is not asked for again. Where nobody can be asked, nothing is done.
 *
 * @throws {CommandError} Where no Worker of ours answers at the address.
 */
export async function adoptTeam(project: Project, terminal: Terminal, name: string): Promise<void> {
  const team = checkTeam(name)
  const known = readDeployment(project, team)
  if (known.url !== undefined || !terminal.isInteractive) return
  terminal.remark(
    `The team "${team}" was not deployed from here. Somebody who did has its keys in .hugway/deployments.`,
  )
  const address = await ask('Its address', 'https://', (text) =>
    URL.canParse(text) && new URL(text).hostname !== '' ? undefined : 'An address begins with https://',
  )
  const url = new URL(address).origin
  if (!(await terminal.during(`Asking ${url}`, () => isRunning(url)))) {
    throw new CommandError(`${url}/health does not answer as hugway does. Nothing was kept.`)
  }
  const adminToken = (await askSecret('Its admin token (not shown; empty: none)', () => undefined)).trim()
  const apiKey = (await askSecret('A client key of it (not shown; empty: none)', () => undefined)).trim()
  keepDeployment(project, { ...known, url, ...(adminToken && { adminToken }), ...(apiKey && { apiKey }) })
  terminal.remark(`Kept in ${deploymentFile(project, team)} (only you can read it).`)
}
