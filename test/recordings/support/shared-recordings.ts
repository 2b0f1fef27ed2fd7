import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../support/build-bundle.ts'
import type { Recording } from './recording.ts'

/** Recordings of public projects, kept beside this one and not in it. */
export const SHARED = join(ROOT, '..', 'shared', 'fixtures')
/** Whether they are there. */
export const HAS_SHARED = existsSync(join(SHARED, 'index.json'))

type Entry = {
  readonly file: string
  readonly name: string
  readonly api: string
  readonly status: number
  /** Who was asked; one that was asked through the router stands behind a slash. */
  readonly provider: string
}
type Meta = { readonly headers?: Readonly<Record<string, string>> }

/** Every chat answer among them; none where they are absent. */
export function readSharedRecordings(): Recording[] {
  return readEntries().map(toRecording)
}

/** Every stream among them, and by which provider. */
export function readSharedStreams(): { readonly recording: Recording; readonly by: string | undefined }[] {
  return readEntries()
    .map((entry) => ({ recording: toRecording(entry), by: entry.provider.split('/').at(-1) }))
    .filter(({ recording }) => recording.kind === 'stream')
}

function readEntries(): Entry[] {
  if (!HAS_SHARED) return []
  return (readJson('index.json') as Entry[]).filter(({ api }) => api === 'chat')
}

function toRecording({ file, name, status }: Entry): Recording {
  const kind = file.endsWith('.sse') ? 'stream' : 'json'
  const { headers = {} } = readJson(file.replace(/\.\w+$/, '.meta.json')) as Meta
  return {
    name,
    kind,
    status,
    contentType: headers['content-type'] ?? (kind === 'stream' ? 'text/event-stream' : 'application/json'),
    provider: headers['x-inference-provider'],
    bytes: readFileSync(join(SHARED, file)),
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(SHARED, file), 'utf8'))
}
