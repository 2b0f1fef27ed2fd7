/** Runs one program that may leave others behind: a client's launcher may start its worker in a session of its own. */
import { spawn, spawnSync } from 'node:child_process'

/** How long what was killed may take to close its pipes. */
const KILLED_LIMIT_MS = 2_000

/**
 * @typedef {object} Ended
 * @property {number} code -1 when it could not start or was ended from here.
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut
 * @property {number} durationMs
 */

/**
 * Runs a program without a shell. Past the time limit, and when this process ends, it is ended together with everything
 * that it started.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, timeoutMs: number }} options
 * @returns {Promise<Ended>} Never rejects.
 */
export function runToEnd(command, args, { env, cwd, timeoutMs }) {
  const startedAt = performance.now()
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  let timedOut = false
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8').on('data', (text) => {
      texts[name] += text
    })
  }
  const kill = () => child.pid !== undefined && killAll([...descendantsOf(child.pid), child.pid])
  process.on('exit', kill)
  return new Promise((resolve) => {
    const finish = (code) => {
      clearTimeout(timer)
      process.off('exit', kill)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, ...texts, timedOut, durationMs: Math.round(performance.now() - startedAt) })
    }
    const timer = setTimeout(() => {
      timedOut = true
      kill()
      setTimeout(() => finish(-1), KILLED_LIMIT_MS)
    }, timeoutMs)
    child.once('error', (error) => {
      texts.stderr += error.message
      finish(-1)
    })
    child.once('close', (code) => finish(timedOut ? -1 : (code ?? -1)))
  })
}

/** Every process below `pid`, found by parentage: a process group would miss those with a session of their own. */
function descendantsOf(pid) {
  if (process.platform === 'win32') return []
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const rows = (stdout ?? '').trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
  const found = [pid]
  for (const parent of found) {
    for (const [child, itsParent] of pairs) if (itsParent === parent && !found.includes(child)) found.push(child)
  }
  return found.slice(1)
}

function killAll(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended by itself
    }
  }
}
