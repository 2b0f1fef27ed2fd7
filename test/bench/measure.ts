import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts in ticks of 10 ms; its scheduler in nanoseconds, where it is built in. */
const TICK_US = 10_000

/**
 * The CPU time that a process has used, in microseconds, over all its threads: of the scheduler's own count, else user
 * and system time of `/proc/PID/stat`.
 *
 * @throws Where there is no `/proc`, or the process is gone: nothing can be measured then.
 */
export function cpuUs(pid: number): number {
  const precise = schedulerNs(pid)
  if (precise !== undefined) return precise / 1_000
  const { userUs, kernelUs } = cpuParts(pid)
  return userUs + kernelUs
}

function schedulerNs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, ns) => sum + ns, 0)
  } catch {
    return undefined
  }
}

/**
 * How a process's CPU time is divided, in microseconds: its own code's, the runtime's and its pump's in it, and the kernel's on
 * its behalf. Counted in ticks, so only of use where there are hundreds of them.
 */
export function cpuParts(pid: number): { readonly userUs: number; readonly kernelUs: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return { userUs: Number(user) * TICK_US, kernelUs: Number(system) * TICK_US }
}

/** The resident memory of a process, in KiB. */
export function residentKiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`the process ${pid} has no resident memory`)
  return Number(kib)
}

/** The machine's load over the last minute, and how many run at once. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}

/** A median with the smallest and the largest of its values. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number }

/** @throws Of no values: a row that measured nothing must not look like one that measured zero. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: quantile(values, 0), max: quantile(values, 1) }
}

/** @throws Of no values. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  return quantile([(lower + quantile(values, 0.5)) / 2], 0.5)
}

/** The value below which `part` of the values lie. @throws Of no values, and of one that is not a number. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const found = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
  if (found === undefined || sorted.some((value) => !Number.isFinite(value))) throw new Error('nothing was measured')
  return found
}
