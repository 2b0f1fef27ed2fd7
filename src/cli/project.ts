import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from './command-error.ts'
import { parseDevVars } from './settings/local-settings.ts'

/** A checkout of hugway: where a Worker is run and deployed from. Paths are absolute. */
export type Project = {
  readonly root: string
  readonly wranglerToml: string
  readonly devVars: string
  /** Where `npm start` keeps KV. */
  readonly stateDirectory: string
  /** The keys that `npm start` made. */
  readonly localKeys: string
  /** What is known of deployments, a file each; secrets are in them. */
  readonly deployments: string
}

/** The directory that this package is in. */
const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The checkout in the current directory, else the one that this file is a part of. */
export function findProject(): Project | undefined {
  const root = [process.cwd(), PACKAGE_ROOT].find(isCheckout)
  if (root === undefined) return undefined
  return {
    root,
    wranglerToml: join(root, 'wrangler.toml'),
    devVars: join(root, '.dev.vars'),
    stateDirectory: join(root, '.wrangler', 'state'),
    localKeys: join(root, '.wrangler', 'hugway', 'local-keys.json'),
    deployments: join(root, '.hugway', 'deployments'),
  }
}

/** @throws {CommandError} Where there is no checkout. */
export function requireProject(project: Project | undefined): Project {
  if (project) return project
  throw new CommandError('This needs a checkout of hugway (wrangler.toml, src/worker.ts): run it in its directory.')
}

/** The vars of `.dev.vars`; none where there is no such file. */
export function readDevVars(project: Project | undefined): Readonly<Record<string, string>> {
  if (!project || !existsSync(project.devVars)) return {}
  return parseDevVars(readFileSync(project.devVars, 'utf8'))
}

/** A file as it was named on the command line: npm changes the directory before it runs a script. */
export function resolveFile(name: string): string {
  const isNpmScript = process.env['npm_lifecycle_event'] === 'hugway'
  return resolve((isNpmScript && process.env['INIT_CWD']) || process.cwd(), name)
}

/** The file of wrangler's command, in the checkout or beside this package. */
export function findWrangler(root: string): string | undefined {
  const places = [root, PACKAGE_ROOT].map((directory) => join(directory, 'node_modules/wrangler/bin/wrangler.js'))
  return places.find((place) => existsSync(place))
}

function isCheckout(directory: string): boolean {
  const toml = join(directory, 'wrangler.toml')
  if (/[\\/]node_modules[\\/]/.test(`${directory}/`)) return false
  return existsSync(toml) && readFileSync(toml, 'utf8').includes('HUGWAY_KV')
}
