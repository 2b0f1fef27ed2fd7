/** Runs one child process to its end: the shared half of the scripts here. Plain JS: any Node >= 18 runs it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']
const ORPHAN_CHECK_MS = 500

/**
 * The child gets every signal that this process gets. A Ctrl-C in a terminal reaches both by itself, so a child sees it
 * twice: it has to take the second one calmly.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} The exit code; 128 + the signal's number when a signal ended the child.
 */
export function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const forward = (signal) => child.kill(signal)
  for (const signal of FORWARDED) process.on(signal, forward)
  const orphanCheck = stopWhenOrphaned(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearInterval(orphanCheck)
      for (const name of FORWARDED) process.off(name, forward)
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

/** A SIGTERM to npm ends npm and its shell and is not passed on: without this, what they started would stay behind. */
function stopWhenOrphaned(child) {
  const parent = process.ppid
  return setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), ORPHAN_CHECK_MS)
}
