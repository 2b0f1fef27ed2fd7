import { warnOfConfig } from '../../core/catalog/config-warnings.ts'
import { type LoadedConfig, parseConfig } from '../../core/config/config.ts'
import type { Problem } from '../../core/failure.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { type Position, positionOf, readJson5, startOf } from '../../json/json5.ts'
import { parsePath } from '../../json/value-path.ts'

/** A problem of a document, and where in its text it stands. */
export type LocatedProblem = Problem & Position

/** A good document, and what of it will surprise somebody. */
export type CheckedDocument = LoadedConfig & { readonly warnings: readonly LocatedProblem[] }

/**
 * Checks a configuration document, JSON or JSON5, without a network. Every problem and every warning comes with its line
 * and column.
 */
export function checkDocument(text: string): Result<CheckedDocument, readonly LocatedProblem[]> {
  const loaded = parseConfig(text)
  const located = (problems: readonly Problem[]) =>
    problems.map((problem) => ({ ...problem, ...locate(text, problem) }))
  if (!loaded.ok) return err(located(loaded.error))
  return ok({ ...loaded.value, warnings: located(warnOfConfig(loaded.value, undefined)) })
}

/** One line a problem, as compilers write it: editors and CI make links of it. */
export function formatProblem(file: string, { line, column, path, message }: LocatedProblem): string {
  return `${file}:${line}:${column}: ${path}: ${message}`
}

/** A path that leads nowhere (a key that is missing) gets the place of the nearest value that is there. */
function locate(text: string, { path, message }: Problem): Position {
  const said = /at (\d+):(\d+)$/.exec(message)
  if (said) return { line: Number(said[1]), column: Number(said[2]) }
  const steps = parsePath(path)
  if (!steps) return { line: 1, column: 1 }
  try {
    return positionOf(text, startOf(readJson5(text), steps))
  } catch {
    return { line: 1, column: 1 } // a text that is not JSON5 has no places
  }
}
