import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../support/build-bundle.ts'
import type { Recording } from './recording.ts'

const DIRECTORY = join(ROOT, 'test', 'fixtures', 'recordings')

/** The project's own answers, written to show what providers do differently; see `test/fixtures/recordings`. */
export function readOwnRecordings(): Recording[] {
  return readdirSync(DIRECTORY).map((file) => ({
    name: file.replace(/\.sse$/, ''),
    kind: 'stream',
    status: 200,
    contentType: 'text/event-stream',
    provider: 'acme',
    bytes: readFileSync(join(DIRECTORY, file)),
  }))
}
