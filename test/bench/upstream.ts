import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Shape } from './shape.ts'

/** What the upstream has been asked. */
export type Seen = { readonly requests: number; readonly bodyBytes: number; readonly events: number }

export type Upstream = {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string
  readonly pid: number
  /** How chats are answered from now on. */
  shape(shape: Shape): Promise<void>
  /** What came since the last time. */
  takeSeen(): Promise<Seen>
  close(): void
}

/** Starts the upstream in a process of its own, so that its work is nobody else's CPU time. */
export async function startUpstream(): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL('upstream-main.ts', import.meta.url)), { stdio: 'inherit' })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (said: { readonly port: number }) => resolve(said.port))
    child.once('exit', (code) => reject(new Error(`the upstream ended with ${code}`)))
  })
  const origin = `http://127.0.0.1:${port}`
  return {
    url: `${origin}/v1`,
    pid: child.pid ?? 0,
    shape: async (shape) => void (await fetch(`${origin}/shape`, { method: 'PUT', body: JSON.stringify(shape) })),
    takeSeen: async () => (await (await fetch(`${origin}/seen`)).json()) as Seen,
    close: () => void child.kill('SIGKILL'),
  }
}
