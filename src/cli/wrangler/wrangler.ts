import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { CommandError } from '../command-error.ts'
import { findWrangler } from '../project.ts'

/** What a run of wrangler came to. `entries` is what it wrote for programs, a JSON object a line. */
export type WranglerRun = {
  readonly code: number
  readonly output: string
  readonly errors: string
  readonly entries: readonly unknown[]
}

/** Runs wrangler, which is the only way in which this command reaches Cloudflare. */
export type Wrangler = {
  /** @param input Goes to standard input: secrets go this way, for anybody may read a process's arguments. */
  run(args: readonly string[], input?: string): Promise<WranglerRun>
}

/** It is never to ask anything: a question would wait for ever behind a spinner. */
const QUIET = {
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
}

/**
 * @param root The checkout that it runs in.
 * @throws {CommandError} Where wrangler is not installed.
 */
export function createWrangler(root: string): Wrangler {
  const file = process.env['HUGWAY_WRANGLER'] || findWrangler(root)
  return {
    async run(args, input = '') {
      if (file === undefined) throw new CommandError('wrangler is not installed here: run `npm ci` in the checkout.')
      const scratch = mkdtempSync(join(tmpdir(), 'hugway-wrangler-'))
      const entriesFile = join(scratch, 'output.ndjson')
      try {
        const child = spawn(process.execPath, [file, ...args], {
          cwd: root,
          env: { ...process.env, ...QUIET, WRANGLER_OUTPUT_FILE_PATH: entriesFile },
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        const output = collect(child.stdout)
        const errors = collect(child.stderr)
        child.stdin.on('error', () => {}) // it may end without reading
        child.stdin.end(input)
        const code = await new Promise<number>((resolve, reject) => {
          child.once('error', reject)
          child.once('close', (ended) => resolve(ended ?? 1))
        })
        return { code, output: output(), errors: errors(), entries: readEntries(entriesFile) }
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
    },
  }
}

/** What wrangler said went wrong, without its decoration. */
export function sayingOf({ output, errors }: WranglerRun): string {
  const lines = `${errors}\n${output}`.split('\n').map((line) => line.replace(/^[\s✘▲⎔]*(?:\[ERROR\])?\s*/u, '').trim())
  const useful = lines.filter((line) => line !== '' && !/^(?:🪵|If you think this is a bug|─+$|⛅)/u.test(line))
  return useful.slice(0, 6).join(' ') || 'it said nothing'
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return () => stripVTControlCharacters(text)
}

function readEntries(file: string): readonly unknown[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line))
  } catch {
    return []
  }
}
