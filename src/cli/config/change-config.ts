import type { Problem } from '../../core/failure.ts'
import { parseJson5 } from '../../json/json5.ts'
import { CommandError } from '../command-error.ts'
import type { Terminal } from '../terminal.ts'
import { checkDocument, formatProblem } from './check-document.ts'
import { type Difference, differencesOf, formatDifference } from './config-difference.ts'
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

/** What a change came to, for a script. `changed`: something was, or under `--dry-run` would be, written. */
export type WrittenChange = {
  readonly changed: boolean
  readonly differences: readonly Difference[]
  readonly warnings: readonly Problem[]
}

/**
 * Writes a changed document where the old one was, if all of it is good and anything differs. Tells what changed and
 * where, and what of it will surprise somebody; under `isDryRun` it only tells.
 *
 * @throws {CommandError} With every problem of the new text; nothing has been written then.
 */
export async function writeChange(
  terminal: Terminal,
  place: ConfigPlace,
  before: Reading,
  text: string,
  isDryRun = false,
): Promise<WrittenChange> {
  const checked = checkDocument(text)
  if (!checked.ok) {
    const lines = checked.error.map((problem) => formatProblem(UNNAMED, problem))
    throw new CommandError(`This would not be a good configuration, so nothing was written:\n${lines.join('\n')}`)
  }
  const old = before.text === undefined ? {} : parseDocumentLoosely(before.text)
  const differences = differencesOf(old, parseDocument(text))
  if (differences.length === 0 && (before.text === undefined || before.text.trim() === text.trim())) {
    terminal.remark(`Nothing to change in ${place.name}.`)
    return { changed: false, differences, warnings: [] }
  }
  terminal.remark([`${isDryRun ? 'Would change' : 'Changing'} ${place.name}:`, ...differences.map(indented)].join('\n'))
  const warnings = await warningsFor(place, text, differences)
  for (const { path, message } of warnings) terminal.warn(`${path}: ${message}`)
  if (!isDryRun) {
    await place.write(text, before)
    terminal.remark(`Written to ${place.name}.`)
  }
  return { changed: true, differences, warnings }
}

/** Only those of what changes: the others were told when it was written. A list that cannot be had warns of nothing. */
async function warningsFor(
  place: ConfigPlace,
  text: string,
  differences: readonly Difference[],
): Promise<readonly Problem[]> {
  const changed = differences.flatMap(({ path, after }) => (after === undefined ? [] : [path]))
  if (!changed.some((path) => /^(?:agents|models|hugway\.models|\(the document\))/.test(path))) return []
  const warnings = await place.warningsOf(text).catch(() => [])
  const isInside = (one: string, other: string) => one === other || /^[.[]/.test(one.slice(other.length))
  return warnings.filter(({ path }) =>
    changed.some(
      (one) => (path.startsWith(one) && isInside(path, one)) || (one.startsWith(path) && isInside(one, path)),
    ),
  )
}

const indented = (difference: Difference) => `  ${formatDifference(difference)}`

/** A broken document may be replaced by a good one; what differs cannot be told then. */
function parseDocumentLoosely(text: string): unknown {
  try {
    return parseJson5(text)
  } catch {
    return undefined
  }
}
