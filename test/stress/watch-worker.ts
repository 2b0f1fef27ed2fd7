import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What an attack cost the process that everybody shares. */
export type Cost = {
  /** The longest that another client's `GET /health` waited, in milliseconds. */
  readonly deafMs: number
  /** Resident memory at its peak, in MiB, and before the attack. */
  readonly peakMib: number
  readonly beforeMib: number
  readonly cpuMs: number
  readonly tookMs: number
}

const ASK_EVERY_MS = 25
/** Clock ticks of `/proc/<pid>/stat` on Linux. */
const TICKS_PER_SECOND = 100

/** Plays an attack, and measures what everybody else feels of it. Linux only. */
export async function watchWorker(url: string, pid: number, attack: () => Promise<string>): Promise<[Cost, string]> {
  await askHealth(url)
  await sleep(300)
  writeFileSync(`/proc/${pid}/clear_refs`, '5') // the peak begins anew
  const beforeMib = memoryOf(pid, 'VmRSS')
  const cpuBefore = cpuMsOf(pid)
  const startedAt = performance.now()
  let isOver = false
  let deafMs = 0
  const listen = async () => {
    while (!isOver) {
      const askedAt = performance.now()
      await askHealth(url)
      deafMs = Math.max(deafMs, performance.now() - askedAt)
      await sleep(ASK_EVERY_MS)
    }
  }
  const listening = listen()
  const came = await attack().catch((error: unknown) => `failed: ${error instanceof Error ? error.message : error}`)
  isOver = true
  await listening
  const tookMs = performance.now() - startedAt
  const cost = { deafMs, peakMib: memoryOf(pid, 'VmHWM'), beforeMib, cpuMs: cpuMsOf(pid) - cpuBefore, tookMs }
  return [cost, came]
}

/** One field of `/proc/<pid>/status`, in MiB. */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1] ?? 0) / 1024)
}

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1_000
}

/** Resolves when the answer came, whatever it is. */
function askHealth(url: string): Promise<void> {
  return new Promise((resolve) => {
    const asking = request(`${url}/health`, { agent: false }, (response) => {
      response.resume()
      response.once('close', resolve)
    })
    asking.once('error', () => resolve())
    asking.end()
  })
}
