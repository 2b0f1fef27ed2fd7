import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, usageError } from '../command-error.ts'
import { writePrivately } from '../files/private-files.ts'
import type { Project } from '../project.ts'
import { fieldOf } from '../worker/http-call.ts'

/** What is kept of a deployment: what cannot be asked from Cloudflare again, and what a second run needs. */
export type Deployment = {
  readonly team: string
  readonly apiKey?: string
  readonly adminToken?: string
  /** SHA-256, hex, of the Hugging Face token that was put: the same one is not put again. */
  readonly tokenHash?: string
  /** The organisation that was put last from here to pay. */
  readonly billTo?: string
  /** Known after the first deploy. */
  readonly url?: string
}

/** The team of a deployment that names none. */
export const DEFAULT_TEAM = 'production'

/** A team's name becomes a part of a Worker's name and of its address. @throws {CommandError} */
export function checkTeam(name: string): string {
  if (/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name
  throw usageError('--team takes a name of small letters, digits and dashes, at most 32, that begins with a letter')
}

/** Where a deployment's record is. */
export function deploymentFile(project: Project, team: string): string {
  return join(project.deployments, `${team}.json`)
}

/** @throws {CommandError} For a record that cannot be read: to go on without it would make new secrets. */
export function readDeployment(project: Project, team: string): Deployment {
  const file = deploymentFile(project, team)
  if (!existsSync(file)) return { team }
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const text = (name: string) => {
      const value = fieldOf(kept, name)
      return typeof value === 'string' && value !== '' ? { [name]: value } : {}
    }
    return { team, ...text('apiKey'), ...text('adminToken'), ...text('tokenHash'), ...text('billTo'), ...text('url') }
  } catch (cause) {
    throw new CommandError(`${file} is not JSON: correct it, or delete it (new secrets are made then)`, { cause })
  }
}

/** Keeps a record, readable by its owner only. */
export function keepDeployment(project: Project, deployment: Deployment): void {
  writePrivately(deploymentFile(project, deployment.team), `${JSON.stringify(deployment, undefined, 2)}\n`)
}

/** Every deployment that was made from this checkout. */
export function listDeployments(project: Project): readonly Deployment[] {
  if (!existsSync(project.deployments)) return []
  const teams = readdirSync(project.deployments).filter((name) => name.endsWith('.json'))
  return teams.map((name) => readDeployment(project, name.slice(0, -'.json'.length)))
}

/** What a deployment is called everywhere. */
export type DeployNames = {
  readonly team: string
  readonly workerName: string
  /** The title of its KV namespace. */
  readonly namespaceTitle: string
}

/** The names of a team's deployment. */
export function deployNames(team: string, workerName: string): DeployNames {
  return { team, workerName, namespaceTitle: `${workerName}-HUGWAY_KV` }
}

/** Whether it is the deployment of those who name none. */
export const isDefaultTeam = (team: string) => team === DEFAULT_TEAM
