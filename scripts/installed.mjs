/**
 * `node scripts/installed.mjs SCRIPT [ARGS...]` makes sure that the dependencies are there, then runs SCRIPT under the
 * Node that package.json pins. That is what lets `npm start` and `npm test` work on a clean clone, with an older Node.
 * `--stamp` only records that the dependencies are there (npm runs it after an install by hand).
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
/** Inside node_modules, so that whatever removes the packages removes the claim that they are there. */
const STAMP = join(MODULES, '.hugway-installed')
const NODE = join(MODULES, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** Platform and architecture belong to it: packages with binaries are of no use on another one. */
function wantedStamp() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
}

function isInstalled() {
  return existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wantedStamp()
}

async function install() {
  // Not to standard output: what `npx hugway connect env` prints is evaluated by a shell.
  console.error('installing dependencies (once) ...')
  // `--include=dev`: NODE_ENV=production would leave out all that runs the project. Warnings would be a page about the
  // older Node, which only installs and runs nothing.
  const args = ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error']
  const npm = process.env.npm_execpath
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], { cwd: ROOT })
    : await run('npm', args, { cwd: ROOT, shell: process.platform === 'win32' })
  if (code !== 0) fail(`npm ci failed with exit code ${code}; its own output above says why`, code)
  if (!existsSync(NODE))
    fail('npm ci left no Node in node_modules/node/bin: install scripts must be allowed for `node`', 1)
  writeFileSync(STAMP, wantedStamp())
}

function fail(message, code) {
  console.error(message)
  process.exit(code)
}

const [script, ...args] = process.argv.slice(2)
if (script === undefined) fail('usage: node scripts/installed.mjs SCRIPT [ARGS...]', 2)
if (script === '--stamp') {
  writeFileSync(STAMP, wantedStamp())
} else {
  if (!isInstalled()) await install()
  const PATH = [join(MODULES, '.bin'), process.env.PATH].join(delimiter)
  process.exitCode = await run(NODE, [script, ...args], { cwd: ROOT, env: { ...process.env, PATH } })
}
