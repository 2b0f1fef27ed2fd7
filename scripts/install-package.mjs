/** Gets a package from npm, outside of the project: clients are big, and only their checks need them. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd } from './run-to-end.mjs'

const INSTALL_LIMIT_MS = 600_000

/**
 * Installs a package where this version of it is not there yet. Its install scripts are not run.
 *
 * @param {{ name: string, version: string, directory: string }} wanted
 * @returns {Promise<{ home: string, isNew: boolean }>} Where the package is.
 * @throws When npm fails.
 */
export async function installPackage({ name, version, directory }) {
  const home = join(directory, 'node_modules', ...name.split('/'))
  if (versionIn(home) === version) return { home, isNew: false }
  await mkdir(directory, { recursive: true })
  if (!existsSync(join(directory, 'package.json'))) await writeFile(join(directory, 'package.json'), '{"private":true}')
  console.log(`installing ${name}@${version} into ${directory} (once) ...`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['install', `${name}@${version}`, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: directory, env: process.env, timeoutMs: INSTALL_LIMIT_MS }
  const { code, timedOut, stderr } = await runToEnd(npm, args, options)
  if (code !== 0) throw new Error(`npm install failed (${timedOut ? 'timed out' : code}): ${stderr.slice(-800)}`)
  return { home, isNew: true }
}

function versionIn(home) {
  const manifest = join(home, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}
