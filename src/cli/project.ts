import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from './command-error.ts'
import { parseDevVars } from './settings/local-settings.ts'

/** A checkout of hugway: where a Worker is run and deployed from. Paths are absolute. */
export type Project = {
  readonly root: string
  readonly wranglerToml: string
  /** `.dev.vars`, or `.env`: see {@link devVarsName}. */
  readonly devVars: string
  /** Where `npm start` keeps KV. */
  readonly stateDirectory: string
  /** The keys that `npm start` made. */
  readonly localKeys: string
  /** Where `npm start` serves while it runs. */
  readonly localAddress: string
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
    devVars: join(root, devVarsName({ root })),
    stateDirectory: join(root, '.wrangler', 'state'),
    localKeys: join(root, '.wrangler', 'hugway', 'local-keys.json'),
    localAddress: join(root, '.wrangler', 'hugway', 'address'),
    deployments: join(root, '.hugway', 'deployments'),
  }
}

/** @throws {CommandError} Where there is no checkout. */
export function requireProject(project: Project | undefined): Project {
  if (project) return project
  throw new CommandError('This needs a checkout of hugway (wrangler.toml, src/worker.ts): run it in its directory.')
}

/** The file that the vars of this machine are in: `.dev.vars`, or `.env` where only that is there, as wrangler reads it. */
export function devVarsName({ root }: Pick<Project, 'root'>): '.dev.vars' | '.env' {
  const isEnv = !existsSync(join(root, '.dev.vars')) && existsSync(join(root, '.env'))
  return isEnv ? '.env' : '.dev.vars'
}

/** The vars of that file, of `.env.local` too where it is `.env`; none where there is no file. */
export function readDevVars(project: Pick<Project, 'root'> | undefined): Readonly<Record<string, string>> {
  if (!project) return {}
  const name = devVarsName(project)
  const files = (name === '.env' ? ['.env', '.env.local'] : [name]).map((one) => join(project.root, one))
  const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))
  return Object.assign({}, ...texts.map(parseDevVars))
}

/** What to say of a `.env` that is not read; nothing where it is, or where there is none. */
export function describeIgnoredEnv(root: string): string | undefined {
  const isIgnored = ['.dev.vars', '.env'].every((name) => existsSync(join(root, name)))
  return isIgnored ? '.env is not read, because there is a .dev.vars (wrangler does the same).' : undefined
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
