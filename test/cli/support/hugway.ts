import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
export const MAIN = join(ROOT, 'src/cli/main.ts')
const STAND_IN = fileURLToPath(new URL('wrangler-stand-in.mjs', import.meta.url))

/** What a developer has set must not decide what a test sees. */
const NOTHING_SET = {
  HF_TOKEN: '',
  HUGGINGFACE_HUB_TOKEN: '',
  HF_BASE_URL: 'http://127.0.0.1:9/v1',
  HF_BILL_TO: '',
  HUGWAY_API_KEY: '',
  HUGWAY_ADMIN_TOKEN: '',
  HUGWAY_URL: '',
  HUGWAY_WRANGLER: '',
  npm_lifecycle_event: '',
  // The tests start it hundreds of times: what Node made of the TypeScript is kept.
  NODE_COMPILE_CACHE: join(tmpdir(), 'hugway-compile-cache'),
}

/** What a run of the command came to. */
export type Run = { readonly code: number; readonly out: string; readonly err: string }

export type Environment = Readonly<Record<string, string>>

/** The environment that every process of a test gets. */
export const environmentOf = (own: Environment = {}) => ({ ...process.env, ...NOTHING_SET, ...own })

/** A checkout of its own, as far as the command needs one, and a wrangler that only plays. */
export type TestProject = {
  readonly root: string
  path(name: string): string
  read(name: string): string
  has(name: string): boolean
  write(name: string, text: string): void
  /** What the stand-in for wrangler knows and was asked for. */
  cloud(): Cloud
  setCloud(change: Partial<Cloud>): void
  /** Runs `hugway ARGS` in the checkout. */
  hugway(args: readonly string[], environment?: Environment, input?: string): Promise<Run>
  /** The environment of {@link TestProject.hugway}. */
  environment(own?: Environment): Environment
  remove(): void
}

/**
 * Puts commands that only play into a directory of a checkout: `npx hugway` is the command, from here.
 *
 * @returns What `PATH` has to be.
 */
export function playNpx(project: TestProject): string {
  const bin = project.path('bin')
  mkdirSync(bin, { recursive: true })
  const script = `#!/bin/sh\n[ "$1" = hugway ] || { echo "not played: npx $*" >&2; exit 9; }\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`
  writeFileSync(join(bin, 'npx'), script, { mode: 0o755 })
  return `${bin}:${join(process.execPath, '..')}:${process.env['PATH']}`
}

/** The stand-in's state: what Cloudflare, and the local KV, would hold. */
export type Cloud = {
  readonly calls: readonly { readonly args: readonly string[]; readonly input: string }[]
  readonly isLoggedIn: boolean
  readonly namespaces: readonly { readonly id: string; readonly title: string }[]
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly kv: Readonly<Record<string, string>>
  /** Where the deployed Worker is said to be. */
  readonly url: string
  /** A command that fails, by its first words. */
  readonly failing: string
  /** A command during which the caller is killed, by its first words. */
  readonly killing: string
}

const EMPTY: Cloud = {
  calls: [],
  isLoggedIn: true,
  namespaces: [{ id: '11111111111111111111111111111111', title: 'somebody-elses' }],
  secrets: {},
  kv: {},
  url: '',
  failing: '',
  killing: '',
}

/** Makes a checkout of its own for a test. */
export function makeProject(): TestProject {
  const root = mkdtempSync(join(tmpdir(), 'hugway-project-'))
  copyFileSync(join(ROOT, 'wrangler.toml'), join(root, 'wrangler.toml'))
  const state = join(root, 'cloud.json')
  writeFileSync(state, JSON.stringify(EMPTY))
  const path = (name: string) => join(root, name)
  const cloud = () => JSON.parse(readFileSync(state, 'utf8')) as Cloud
  const environment = (own: Environment = {}) => ({
    HUGWAY_WRANGLER: STAND_IN,
    STAND_IN_STATE: state,
    TMPDIR: root,
    ...own,
  })
  return {
    root,
    path,
    read: (name) => readFileSync(path(name), 'utf8'),
    has: (name) => existsSync(path(name)),
    write: (name, text) => writeFileSync(path(name), text),
    cloud,
    setCloud: (change) => writeFileSync(state, JSON.stringify({ ...cloud(), ...change })),
    hugway: (args, own, input) => hugway(args, { cwd: root, environment: environment(own), input: input ?? '' }),
    environment,
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Runs the command as a process, without a terminal. */
export function hugway(
  args: readonly string[],
  { cwd = tmpdir(), environment = {}, input = '' }: Partial<{ cwd: string; environment: Environment; input: string }>,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: environmentOf(environment), stdio: 'pipe' })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? (signal ? -1 : 0), out, err }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
