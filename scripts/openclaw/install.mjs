/** Gets OpenClaw from npm. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackage } from '../install-package.mjs'

/** The version whose behaviour the check knows. It needs Node >= 24.16 < 25 or >= 26.1. */
export const OPENCLAW_VERSION = '2026.9.6'

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
  const { home } = await installPackage({ name: 'openclaw', version: OPENCLAW_VERSION, directory })
  return join(home, 'openclaw.mjs')
}

function nodeFits() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26
}
