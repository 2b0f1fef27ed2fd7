/** Gets OpenClaw from npm, outside of the project: it is a big package, and only this check needs it. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runToEnd } from './run-to-end.mjs'

/** The version whose behaviour the check knows. It needs Node >= 24.16 < 25 or >= 26.1. */
export const OPENCLAW_VERSION = '2026.9.6'
const INSTALL_LIMIT_MS = 600_000

/**
 * Installs OpenClaw where it is not there yet.
 *
 * @param {string} [directory] Default: one for this version in the system's directory for temporary files, kept.
 * @returns {Promise<string>} The path of its entry file.
 * @throws When this Node does not fit, or npm fails.
 */
export async function ensureOpenclaw(directory = join(tmpdir(), `hugway-openclaw-${OPENCLAW_VERSION}`)) {
  if (!nodeFits()) {
    throw new Error(`OpenClaw needs Node >= 24.16 < 25 or >= 26.1, this is ${process.versions.node}: use npm run`)
  }
  const home = join(directory, 'node_modules', 'openclaw')
  const entry = join(home, 'openclaw.mjs')
  if (existsSync(entry) && versionIn(home) === OPENCLAW_VERSION) return entry
  await mkdir(directory, { recursive: true })
  if (!existsSync(join(directory, 'package.json'))) await writeFile(join(directory, 'package.json'), '{"private":true}')
  console.log(`installing openclaw@${OPENCLAW_VERSION} into ${directory} (once) ...`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = [
    'install',
    `openclaw@${OPENCLAW_VERSION}`,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const { code, timedOut, stderr } = await runToEnd(npm, args, {
    cwd: directory,
    env: process.env,
    timeoutMs: INSTALL_LIMIT_MS,
  })
  if (code !== 0) throw new Error(`npm install failed (${timedOut ? 'timed out' : code}): ${stderr.slice(-800)}`)
  return entry
}

function nodeFits() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26
}

function versionIn(home) {
  const manifest = join(home, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}
