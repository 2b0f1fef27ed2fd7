/**
 * Runs `wrangler dev` in a process group of its own, and ends all of it when its parent goes away, however that happens:
 * wrangler itself leaves workerd behind when it is killed, and would not notice that nobody watches it.
 *
 * `node wrangler-guard.ts ARGS...`, with an IPC channel: wrangler's messages are passed on, a closed channel is the end.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const WRANGLER = fileURLToPath(new URL('../../../node_modules/wrangler/bin/wrangler.js', import.meta.url))
const GRACE_MS = 3_000

const child = spawn(process.execPath, [WRANGLER, ...process.argv.slice(2)], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
let isStopping = false

function stop(): void {
  if (isStopping) return
  isStopping = true
  child.kill('SIGTERM')
  setTimeout(endGroup, GRACE_MS)
}

/** Everything in the group, this process included. Windows has no groups: there wrangler ends its own children. */
function endGroup(): void {
  if (process.platform === 'win32') process.exit(1)
  process.kill(-process.pid, 'SIGKILL')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.on('disconnect', stop)
child.on('message', (message) => process.connected && process.send?.(message))
child.on('error', (error) => {
  console.error(`wrangler cannot be run: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code) => {
  // With a parent, the exit code is for it, and it ends what is left of the group; without one, that is done here.
  if (process.connected) process.exit(code ?? 1)
  endGroup()
})
