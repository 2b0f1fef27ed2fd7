import { Json5Error, parseJson5 } from '../../json/json5.ts'
import type { Problem } from '../failure.ts'
import { err, ok, type Result } from '../result.ts'

/** Reads JSON or JSON5. A problem names line and column and quotes one character at most. Never throws. */
export function parseDocumentText(text: string): Result<unknown, readonly Problem[]> {
  try {
    return ok(parseJson5(text))
  } catch (error) {
    const message = error instanceof Json5Error ? error.message : 'cannot be read'
    return err([{ path: '(the document)', message: message.replace(/^invalid/, 'not JSON or JSON5: invalid') }])
  }
}
