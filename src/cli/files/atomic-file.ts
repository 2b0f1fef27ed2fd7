import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file at once: whoever reads it, and whenever this process is killed, it is the old one or the new one,
 * whole. A link stays a link.
 *
 * @param mode What the file's permissions are to be; without it they stay as they are.
 */
export function writeAtomically(path: string, text: string, mode?: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const target = existsSync(path) ? realpathSync(path) : path
  const wanted = mode ?? (existsSync(target) ? statSync(target).mode & 0o777 : undefined)
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = openSync(temporary, 'wx', wanted ?? 0o666)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (wanted !== undefined) chmodSync(temporary, wanted) // the umask counts when a file is made
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}
