import { readFileSync } from 'node:fs'
import { parseJson5 } from '../../json/json5.ts'
import { editJson5 } from '../../json/json5-edit.ts'
import { parsePath, type ValuePath, valueAt, withoutValue, withValue } from '../../json/value-path.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, messageOf, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { parseDocument, writeChange } from '../config/change-config.ts'
import { checkDocument, formatProblem } from '../config/check-document.ts'
import { choosePlace, PLACE_FLAGS } from '../config/config-place.ts'
import { createDraft } from '../config/document-draft.ts'
import { fillDocument, formatKept } from '../config/fill-document.ts'
import { readOpenClaw } from '../config/import-openclaw.ts'
import { resolveFile } from '../project.ts'
import { printJson } from '../terminal.ts'

const DRY_RUN = { kind: 'switch', help: 'tell what would be written, and write nothing' } as const
const JSON_FLAG = { kind: 'switch', help: 'for a script: one JSON value on standard output' } as const
const PATHS = 'A PATH is written as in the messages: hugway.holdMs, agents.defaults.models["huggingface/a/b"].alias'

/** `hugway config get`. */
export const configGet: Command = {
  spec: {
    name: 'config get',
    positionals: '[PATH]',
    summary: 'Prints the configuration as it is kept, or one value of it as JSON.',
    details: PATHS,
    flags: { ...PLACE_FLAGS, json: JSON_FLAG },
  },
  async run({ args, project, terminal }) {
    const place = await choosePlace(args, project)
    const { text } = await place.read()
    const [pathText] = args.positionals
    if (pathText === undefined && !args.has('json')) {
      if (text === undefined) terminal.remark(`There is no configuration in ${place.name}: the built-in one is used.`)
      terminal.print(text?.trimEnd() ?? '{}')
      return undefined
    }
    const value = valueAt(parseDocument(text), pathOf(pathText ?? ''))
    if (value === undefined) throw new CommandError(`${pathText} is not set in ${place.name}`)
    printJson(terminal, value)
    return undefined
  },
}

/** `hugway config set`. */
export const configSet: Command = {
  spec: {
    name: 'config set',
    positionals: 'PATH VALUE',
    summary: 'Sets one value. Comments and everything else stay as they are; a bad configuration is never written.',
    details: `${PATHS}\nA VALUE is JSON5 (10000, true, ["a", "b"]); anything that is not is taken as a text. null unsets it.`,
    flags: { ...PLACE_FLAGS, 'dry-run': DRY_RUN, json: JSON_FLAG },
  },
  run(context) {
    const value = parseValue(context.args.positionals[1] ?? '')
    return changeOne(context, (document, path) =>
      value === null ? withoutValue(document, path) : withValue(document, path, value),
    )
  },
}

/** `hugway config unset`. */
export const configUnset: Command = {
  spec: {
    name: 'config unset',
    positionals: 'PATH',
    summary: 'Takes one value out, with its comment; the default holds then. Everything else stays as it is.',
    details: PATHS,
    flags: { ...PLACE_FLAGS, 'dry-run': DRY_RUN, json: JSON_FLAG },
  },
  run: (context) => changeOne(context, withoutValue),
}

/** Changes the document at the path that is the first argument. */
async function changeOne(
  { args, project, terminal }: CommandContext,
  change: (document: unknown, path: ValuePath) => unknown,
): Promise<undefined> {
  const path = pathOf(args.positionals[0] ?? '')
  if (path.length === 0) throw usageError(`PATH is empty: '${COMMAND} config edit' changes the whole document`)
  const place = await choosePlace(args, project)
  const before = await place.read()
  const document = parseDocument(before.text)
  const text = edit(() => editJson5(before.text ?? '', change(document, path)))
  const written = await writeChange(terminal, place, before, text, args.has('dry-run'))
  if (args.has('json')) printJson(terminal, written)
  return undefined
}

/** A value as a person gives it on a command line: JSON5 where it is, else the text itself. */
export function parseValue(text: string): unknown {
  try {
    return parseJson5(text)
  } catch {
    return text
  }
}

/** `hugway config validate`. */
export const configValidate: Command = {
  spec: {
    name: 'config validate',
    positionals: '[FILE]',
    summary: 'Checks a configuration, JSON or JSON5, without a network; each problem with its line and column.',
    details:
      'FILE may be "-" for standard input. Without FILE, what is in use is checked.\nThe exit code is 0 for a good one and 1 for a bad one.',
    flags: { ...PLACE_FLAGS, json: JSON_FLAG },
  },
  async run({ args, project, terminal }) {
    const [named] = args.positionals
    const file = named ?? args.text('file')
    const text = file === undefined ? ((await (await choosePlace(args, project)).read()).text ?? '{}') : readText(file)
    const checked = checkDocument(text)
    const problems = checked.ok ? [] : checked.error
    const name = file === '-' ? '(stdin)' : (file ?? 'configuration')
    const warnings = checked.ok ? checked.value.warnings : []
    if (args.has('json')) printJson(terminal, { valid: checked.ok, problems, warnings })
    else for (const problem of problems) terminal.print(formatProblem(name, problem))
    if (!args.has('json')) for (const warning of warnings) terminal.print(`${formatProblem(name, warning)} (a warning)`)
    if (checked.ok && !args.has('json')) terminal.print(`${name}: good`)
    return checked.ok ? 0 : 1
  },
}

/** `hugway config import`. */
export const configImport: Command = {
  spec: {
    name: 'config import',
    positionals: 'FILE',
    summary: 'Takes from an openclaw.json what concerns models of Hugging Face, and names what it leaves out.',
    details:
      "What is configured already stays, and is named where the file says something else; --replace takes the file's.",
    flags: {
      ...PLACE_FLAGS,
      replace: { kind: 'switch', help: 'where both say something, take what the file says' },
      'dry-run': DRY_RUN,
      json: JSON_FLAG,
    },
  },
  async run({ args, project, terminal }) {
    const [file = ''] = args.positionals
    const imported = readOpenClaw(parseDocument(readText(file), file))
    const place = await choosePlace(args, project)
    const before = await place.read()
    const draft = createDraft(before.text ?? '')
    const kept = edit(() => fillDocument(draft, imported, args.has('replace')))
    const change = await writeChange(terminal, place, before, draft.text(), args.has('dry-run'))
    if (args.has('json')) {
      printJson(terminal, { ...change, kept, dropped: imported.dropped })
      return undefined
    }
    for (const one of kept) terminal.print(formatKept(one))
    if (kept.length > 0) terminal.remark('--replace takes what the file says.')
    for (const { path, why } of imported.dropped) terminal.print(`left out ${path}: ${why}`)
    return undefined
  },
}

/** A file of the command line, or standard input for `-`. @throws {CommandError} For a file that cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolveFile(file), 'utf8').replace(/^\ufeff/, '')
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${messageOf(cause).replace(/,.*$/, '')}`, { cause })
  }
}

function pathOf(text: string): ValuePath {
  const path = parsePath(text)
  if (path) return path
  throw usageError(`"${text.slice(0, 80)}" is not a path. ${PATHS}`)
}

/** What an edit refuses is what was asked for, not a fault. */
function edit<T>(change: () => T): T {
  try {
    return change()
  } catch (cause) {
    throw new CommandError(messageOf(cause), { cause })
  }
}
