import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { LocalKeys } from '../settings/local-settings.ts'
import { writeAtomically } from './atomic-file.ts'

const OWNER_ONLY = 0o600

/** Reads the keys that an earlier start made, or makes them: they stay the same until `path` is deleted. */
export function readOrMakeKeys(path: string): LocalKeys {
  const kept = readKeys(path)
  if (kept) return kept
  const made = { apiKey: `hugway-local-${random()}`, adminToken: `hugway-admin-${random()}` }
  writePrivately(path, `${JSON.stringify(made, undefined, 2)}\n`)
  return made
}

/** Reads the keys that an earlier start made, if there was one. */
export function readKeys(path: string): LocalKeys | undefined {
  return existsSync(path) ? parseKeys(readFileSync(path, 'utf8')) : undefined
}

/** Writes a file that only its owner may read, whatever was there before, at once. */
export function writePrivately(path: string, text: string): void {
  writeAtomically(path, text, OWNER_ONLY)
}

/**
 * Writes vars as wrangler's `--env-file` reads them: dotenv, where `$` would stand for another variable.
 *
 * @throws When a value holds all three kinds of quotes: dotenv has no way to write that.
 */
export function formatVars(vars: Readonly<Record<string, string>>): string {
  return Object.entries(vars)
    .map(([name, value]) => `${name}=${quote(name, value)}\n`)
    .join('')
}

function quote(name: string, value: string): string {
  // In double quotes dotenv makes line ends of `\n` and `\r`, so they are the last choice.
  const mark = ["'", '`', '"'].find((candidate) => !value.includes(candidate))
  const isChanged = mark === '"' && /\\[nr]/.test(value)
  if (mark === undefined || isChanged) throw new Error(`${name} holds a mix of quotes that an env file cannot carry`)
  return `${mark}${value.replaceAll('$', '\\$')}${mark}`
}

function parseKeys(text: string): LocalKeys | undefined {
  try {
    const { apiKey, adminToken } = JSON.parse(text) as Partial<Record<keyof LocalKeys, unknown>>
    return isKey(apiKey) && isKey(adminToken) ? { apiKey, adminToken } : undefined
  } catch {
    return undefined // cut short by a full disk or edited by hand: new ones are made
  }
}

/** They are printed inside a shell command, so nothing that a shell reads may be in them. */
function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{16,}$/.test(value)
}

function random(): string {
  return randomBytes(18).toString('base64url')
}
