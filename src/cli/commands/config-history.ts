import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { CommandError, usageError } from '../command-error.ts'
import { parseDocument, writeChange } from '../config/change-config.ts'
import { checkDocument, formatProblem } from '../config/check-document.ts'
import { differencesOf, formatDifference } from '../config/config-difference.ts'
import { type ConfigPlace, choosePlace, PLACE_FLAGS } from '../config/config-place.ts'
import { confirm } from '../prompts.ts'
import { printJson } from '../terminal.ts'
import { type AdminClient, listVersions } from '../worker/admin-client.ts'
import { fieldOf } from '../worker/http-call.ts'
import { readText } from './config-files.ts'
import { printReplay } from './config-replay.ts'

const JSON_FLAG = { kind: 'switch', help: 'for a script: one JSON value on standard output' } as const
const VERSION_ID = /^\d{8}T\d{9}Z-[0-9a-f]+$/

/** `hugway config diff`. */
export const configDiff: Command = {
  spec: {
    name: 'config diff',
    positionals: 'FILE_OR_VERSION',
    summary: 'Shows what differs between the configuration in use (before) and a file or an earlier version (after).',
    flags: {
      ...PLACE_FLAGS,
      replay: { kind: 'switch', help: 'also what it would change for the latest requests of the Worker' },
      last: { kind: 'text', value: 'N', help: 'as many of them (1 to 1000, default 200)' },
      json: JSON_FLAG,
    },
  },
  async run({ args, project, terminal }) {
    const [other = ''] = args.positionals
    const place = await choosePlace(args, project)
    const { text } = await place.read()
    const after = VERSION_ID.test(other)
      ? await readVersion(requireHistory(place), other)
      : parseDocument(readText(other), other)
    if (args.has('replay')) return printReplay({ args, project, terminal }, requireHistory(place), after)
    const differences = differencesOf(parseDocument(text), after)
    if (args.has('json')) printJson(terminal, differences)
    else if (differences.length === 0) terminal.print(`no difference to ${place.name}`)
    else for (const difference of differences) terminal.print(formatDifference(difference))
    return undefined
  },
}

/** `hugway config history`. */
export const configHistory: Command = {
  spec: {
    name: 'config history',
    positionals: '',
    summary: 'Lists the versions that a Worker has kept, newest first; the active one has a star.',
    flags: {
      ...PLACE_FLAGS,
      limit: { kind: 'text', value: 'N', help: 'how many (1 to 100, default 20)' },
      json: JSON_FLAG,
    },
  },
  async run({ args, project, terminal }) {
    const limit = Number(args.text('limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw usageError('--limit takes a number from 1 to 100')
    const versions = await listVersions(requireHistory(await choosePlace(args, project)), limit)
    if (args.has('json')) printJson(terminal, versions)
    else if (versions.length === 0) terminal.print('no version has been kept yet')
    for (const { id, at, author, action, active, of } of args.has('json') ? [] : versions) {
      terminal.print(`${active ? '*' : ' '} ${id}  ${at}  ${author}  ${action}${of ? ` of ${of}` : ''}`)
    }
    return undefined
  },
}

/** `hugway config rollback`. */
export const configRollback: Command = {
  spec: {
    name: 'config rollback',
    positionals: 'VERSION',
    summary: 'Makes an earlier version the active one again, as a new version: nothing is lost.',
    flags: {
      ...PLACE_FLAGS,
      'dry-run': { kind: 'switch', help: 'tell what would change, and change nothing' },
      json: JSON_FLAG,
    },
  },
  async run({ args, project, terminal }) {
    const [id = ''] = args.positionals
    const place = await choosePlace(args, project)
    const admin = requireHistory(place)
    const { text, tag } = await place.read()
    const wanted = await readVersion(admin, id)
    const differences = differencesOf(parseDocument(text), wanted)
    const isJson = args.has('json')
    for (const difference of isJson ? [] : differences) terminal.print(formatDifference(difference))
    if (differences.length === 0 && !isJson) terminal.print(`${id} is what is in use already`)
    if (args.has('dry-run') || differences.length === 0) {
      if (isJson) printJson(terminal, { changed: differences.length > 0, differences })
      return undefined
    }
    const headers = tag === undefined ? {} : { 'if-match': tag }
    const answer = await admin.request('POST', '/config/rollback', JSON.stringify({ to: id }), headers)
    const active = answer.headers.get('etag')?.replaceAll('"', '') ?? 'the old one'
    if (isJson) printJson(terminal, { changed: true, differences, active })
    terminal.remark(`Active in ${place.name} now: ${active}`)
    return undefined
  },
}

/** `hugway config edit`. */
export const configEdit: Command = {
  spec: {
    name: 'config edit',
    positionals: '',
    summary: 'Opens the configuration in $VISUAL or $EDITOR, checks it, and writes it where it was.',
    flags: PLACE_FLAGS,
  },
  async run({ args, project, terminal }) {
    const editor = process.env['VISUAL'] || process.env['EDITOR']
    if (!editor) throw usageError('Set EDITOR (or VISUAL) to the editor that is to be opened.')
    const place = await choosePlace(args, project)
    const before = await place.read()
    const scratch = mkdtempSync(join(tmpdir(), 'hugway-edit-'))
    const file = join(scratch, 'hugway.json5')
    writeFileSync(file, before.text ?? '{}\n', { mode: 0o600 })
    for (;;) {
      // By a shell, because the variable is a command line: `code --wait`.
      const { status } = spawnSync(`${editor} "${file}"`, { shell: true, stdio: 'inherit' })
      if (status !== 0)
        throw new CommandError(`The editor ended with ${status}. Nothing was written; the text is in ${file}`)
      const text = readFileSync(file, 'utf8')
      const checked = checkDocument(text)
      if (checked.ok) {
        try {
          await writeChange(terminal, place, before, text)
        } catch (cause) {
          throw new CommandError(`${String(fieldOf(cause, 'message'))}\nYour text is in ${file}`, { cause })
        }
        rmSync(scratch, { recursive: true, force: true })
        return undefined
      }
      for (const problem of checked.error) terminal.warn(formatProblem(file, problem))
      if (terminal.isInteractive && (await confirm('Edit it again?', true))) continue
      throw new CommandError(`Nothing was written. Your text is in ${file}`)
    }
  },
}

function requireHistory({ admin, name }: ConfigPlace): AdminClient {
  if (admin) return admin
  throw usageError(`${name} has no history: a running Worker keeps one (start \`npm start\`, or add --url or --team)`)
}

async function readVersion(admin: AdminClient, id: string): Promise<unknown> {
  const { body } = await admin.request('GET', `/config/versions/${encodeURIComponent(id)}`)
  const document = fieldOf(body, 'document')
  if (document) return document
  throw new CommandError(`The version ${id} holds no document that can be used: ${String(fieldOf(body, 'problem'))}`)
}
