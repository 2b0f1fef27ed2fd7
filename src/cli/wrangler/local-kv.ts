import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Project } from '../project.ts'
import { sayingOf, type Wrangler } from './wrangler.ts'

/** The namespace in which a configuration is read and written by wrangler itself, without a Worker. */
export type KvAccess = {
  readonly wrangler: Wrangler
  /** How wrangler is told which namespace: `--binding HUGWAY_KV --local ...` or `--namespace-id ID --remote`. */
  readonly where: readonly string[]
}

const CONFIG_KEY = 'config'
/** What wrangler says, with exit code 1, of a key that Cloudflare does not have; of local KV it prints "Value not found". */
const ABSENT = / - 404\b/

/** The namespace of `npm start`. */
export function localKv(project: Project, wrangler: Wrangler): KvAccess {
  return { wrangler, where: ['--binding', 'HUGWAY_KV', '--local', '--persist-to', project.stateDirectory] }
}

/** @throws {CommandError} When wrangler fails for another reason than that there is no configuration. */
export async function readKvConfig({ wrangler, where }: KvAccess): Promise<string | undefined> {
  const run = await wrangler.run(['kv', 'key', 'get', CONFIG_KEY, '--text', ...where])
  const isAbsent = run.code === 0 ? run.output.trim() === 'Value not found' : ABSENT.test(run.errors + run.output)
  if (isAbsent) return undefined
  if (run.code !== 0) throw new CommandError(`wrangler could not read the configuration from KV: ${sayingOf(run)}`)
  return run.output.trim() === '' ? undefined : run.output.replace(/\n$/, '') // the end of its line is wrangler's
}

/** Writes by a file: a document may be longer than an argument. @throws {CommandError} When wrangler fails. */
export async function writeKvConfig({ wrangler, where }: KvAccess, text: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'hugway-config-'))
  try {
    const file = join(scratch, 'config.json')
    writeFileSync(file, text)
    const run = await wrangler.run(['kv', 'key', 'put', CONFIG_KEY, '--path', file, ...where])
    if (run.code !== 0) throw new CommandError(`wrangler could not write the configuration to KV: ${sayingOf(run)}`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
