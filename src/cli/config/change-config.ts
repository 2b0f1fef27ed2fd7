import { parseJson5 } from '../../json/json5.ts'
import { CommandError } from '../command-error.ts'
import type { Terminal } from '../terminal.ts'
import { checkDocument, formatProblem } from './check-document.ts'
import { differencesOf, formatDifference } from './config-difference.ts'
import type { ConfigPlace, Reading } from './config-place.ts'

/** What a document is called in problems when it has no file. */
const UNNAMED = 'configuration'

/** Reads a document in JSON or JSON5. @throws {CommandError} For one that it cannot, with the place. */
export function parseDocument(text: string | undefined, name = UNNAMED): unknown {
  if (text === undefined || text.trim() === '') return {}
  try {
    return parseJson5(text)
  } catch (cause) {
    const checked = checkDocument(text)
    const lines = checked.ok ? [] : checked.error.map((problem) => formatProblem(name, problem))
    throw new CommandError(`not JSON or JSON5:\n${lines.join('\n')}`, { cause })
  }
}

/**
 * Writes a changed document where the old one was, if all of it is good and anything differs. Tells what changed and
 * where; under `isDryRun` it only tells.
 *
 * @returns Whether something was, or would be, written.
 * @throws {CommandError} With every problem of the new text; nothing has been written then.
 */
export async function writeChange(
  terminal: Terminal,
  place: ConfigPlace,
  before: Reading,
  text: string,
  isDryRun = false,
): Promise<boolean> {
  const checked = checkDocument(text)
  if (!checked.ok) {
    const lines = checked.error.map((problem) => formatProblem(UNNAMED, problem))
    throw new CommandError(`This would not be a good configuration, so nothing was written:\n${lines.join('\n')}`)
  }
  const old = before.text === undefined ? {} : parseDocumentLoosely(before.text)
  const differences = differencesOf(old, parseDocument(text))
  if (differences.length === 0 && (before.text === undefined || before.text.trim() === text.trim())) {
    terminal.remark(`Nothing to change in ${place.name}.`)
    return false
  }
  terminal.remark([`${isDryRun ? 'Would change' : 'Changing'} ${place.name}:`, ...differences.map(indented)].join('\n'))
  if (isDryRun) return true
  await place.write(text, before)
  terminal.remark(`Written to ${place.name}.`)
  return true
}

const indented = (difference: Parameters<typeof formatDifference>[0]) => `  ${formatDifference(difference)}`

/** A broken document may be replaced by a good one; what differs cannot be told then. */
function parseDocumentLoosely(text: string): unknown {
  try {
    return parseJson5(text)
  } catch {
    return undefined
  }
}
