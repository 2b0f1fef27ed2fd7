import { existsSync, readFileSync } from 'node:fs'
import { TOKEN_NAMES } from '../../core/router-facts.ts'
import { CommandError, messageOf } from '../command-error.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import { type Project, readDevVars } from '../project.ts'
import { setDevVar } from './dev-vars.ts'

const OWNER_ONLY = 0o600

/**
 * Puts the token into `.dev.vars`, under the name that is used there already.
 *
 * @returns The name, or nothing where it is there already.
 * @throws {CommandError} When the file cannot be edited without losing something.
 */
export function putTokenIntoDevVars(project: Project, token: string, isDryRun: boolean): string | undefined {
  const vars = readDevVars(project)
  const name = TOKEN_NAMES.find((one) => vars[one]?.trim()) ?? 'HF_TOKEN'
  if (vars[name] === token) return undefined
  const text = existsSync(project.devVars) ? readFileSync(project.devVars, 'utf8') : ''
  try {
    const edited = setDevVar(text, name, token)
    if (!isDryRun) writeAtomically(project.devVars, edited, OWNER_ONLY)
    return name
  } catch (cause) {
    throw new CommandError(messageOf(cause), { cause })
  }
}
