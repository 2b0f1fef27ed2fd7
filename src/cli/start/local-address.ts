import { existsSync, readFileSync, rmSync } from 'node:fs'
import { writeAtomically } from '../files/atomic-file.ts'

/**
 * Notes where `npm start` serves, so that commands in the same checkout find it on every port.
 *
 * @returns What takes the note away again, unless a later `npm start` has written its own.
 */
export function noteAddress(path: string, url: string): () => void {
  writeAtomically(path, `${url}\n`)
  return () => {
    if (readAddress(path) === url) rmSync(path, { force: true })
  }
}

/** Where `npm start` serves; nothing where it does not run, or serves where it always did. */
export function readAddress(path: string): string | undefined {
  return (existsSync(path) && readFileSync(path, 'utf8').trim()) || undefined
}
