import { type AST, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import { isObject } from '../../json/is-object.ts'
import { messageOf } from '../command-error.ts'

/** A TOML file's text, its value, and the changes that keep everything else of the text as it is. */
export type TomlText = {
  readonly value: Readonly<Record<string, unknown>>
  /** The whole text with a value in place of the one at `path`, or where there is none. */
  with(path: Path, value: unknown): string
}

type Path = readonly (string | number)[]
type Found = { readonly path: Path; readonly node: AST.TOMLContentNode; readonly pair: AST.TOMLKeyValue }

/** @throws {Error} Where the text is not TOML, with the line. */
export function readToml(text: string): TomlText {
  const [top] = parse(text).body
  const value = getStaticTOMLValue(top)
  if (!isObject(value)) throw new Error('a TOML file is a table')
  return { value, with: (path, wanted) => write(text, top, path, wanted) }
}

function parse(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { tomlVersion: '1.0' })
  } catch (cause) {
    const line = isObject(cause) ? cause['lineNumber'] : undefined
    throw new Error(`line ${String(line)}: ${messageOf(cause)}`, { cause })
  }
}

/**
 * A value that is there is replaced; a list of tables is added to; what is missing becomes lines of its own, in the table
 * where it belongs, or a table at the end.
 */
function write(text: string, top: AST.TOMLTopLevelTable, path: Path, value: unknown): string {
  const pairs = pairsOf(top)
  const there = pairs.find((one) => isSamePath(one.path, path))
  if (there?.node.type === 'TOMLArray' && Array.isArray(value)) return addElements(text, there.node, value)
  const inline = pairs.find(
    (one) => one.node.type === 'TOMLInlineTable' && one.path.every((step, at) => step === path[at]),
  )
  if (inline) {
    const rest = formatPath(path.slice(inline.path.length))
    const added = rest === '' ? formatInline(value) : `${rest} = ${formatInline(value)}`
    throw new Error(`${formatPath(inline.path)} is written in one line: add ${added}`)
  }
  if (there) return splice(text, there.node.range, formatInline(value))
  if (isTable(value) || isTableList(value)) {
    const lines = formatTable(path, value).join('\n')
    const own = isTable(value) ? tableAt(top, path) : undefined
    if (!own) return `${text.trimEnd()}\n\n${lines}\n`
    return insertBehind(text, own, formatLines(value))
  }
  const parent = tableAt(top, path.slice(0, -1))
  const line = `${formatKey(path.at(-1) ?? '')} = ${formatInline(value)}`
  if (parent) return insertBehind(text, parent, [line])
  if (path.some((step) => typeof step === 'number')) throw new Error(`${formatPath(path)} is missing: add ${line}`)
  if (path.length > 1) return `${text.trimEnd()}\n\n[${formatPath(path.slice(0, -1))}]\n${line}\n`
  return `${line}\n${text}`
}

/** Every `key = value` of the file, with the whole path that it sets. */
function pairsOf(top: AST.TOMLTopLevelTable): readonly Found[] {
  const inTable = (pairs: readonly AST.TOMLKeyValue[], base: Path) =>
    pairs.map((pair) => ({ path: [...base, ...namesOf(pair.key)], node: pair.value, pair }))
  return top.body.flatMap((item) =>
    item.type === 'TOMLTable' ? inTable(item.body, item.resolvedKey) : inTable([item], []),
  )
}

const namesOf = ({ keys }: AST.TOMLKey) => keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))

const isSamePath = (one: Path, other: Path) =>
  one.length === other.length && one.every((step, at) => step === other[at])

/** A table with a header of its own; of the file itself the pairs that stand before every header. */
function tableAt(top: AST.TOMLTopLevelTable, path: Path): AST.TOMLTable | AST.TOMLKeyValue | undefined {
  if (path.length === 0) return top.body.findLast((item) => item.type === 'TOMLKeyValue')
  return top.body.find((item): item is AST.TOMLTable => item.type === 'TOMLTable' && isSamePath(item.resolvedKey, path))
}

/** New lines behind the last one of a table: what follows, comments too, may belong to the next. */
function insertBehind(text: string, node: AST.TOMLTable | AST.TOMLKeyValue, lines: readonly string[]): string {
  const last = node.type === 'TOMLTable' ? (node.body.at(-1) ?? node.key) : node
  const lineEnd = text.indexOf('\n', last.range[1])
  const at = lineEnd === -1 ? text.length : lineEnd
  return `${text.slice(0, at)}\n${lines.join('\n')}${text.slice(at)}`
}

function addElements(text: string, { elements, range }: AST.TOMLArray, wanted: readonly unknown[]): string {
  const known = elements.map((element) => JSON.stringify(getStaticTOMLValue(element)))
  const added = wanted.filter((value) => !known.includes(JSON.stringify(value))).map(formatInline)
  if (added.length === 0) return text
  const last = elements.at(-1)
  const at = last?.range[1] ?? range[0] + 1
  return splice(text, [at, at], `${last ? ', ' : ''}${added.join(', ')}`)
}

function splice(text: string, [start, end]: readonly [number, number], inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end)
}

const isTable = (value: unknown) => isObject(value)
const isTableList = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isObject)

/** Headers and lines of a table, or of each table of a list. */
function formatTable(path: Path, value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((one, at) => [...(at > 0 ? [''] : []), `[[${formatPath(path)}]]`, ...formatLines(one)])
  }
  const inner = Object.entries(Object(value)).filter(([, one]) => isTable(one) || isTableList(one))
  const lines = formatLines(value)
  const own = lines.length > 0 || inner.length === 0 ? [`[${formatPath(path)}]`, ...lines] : []
  const tables = inner.flatMap(([key, one]) => ['', ...formatTable([...path, key], one)])
  return own.length > 0 ? [...own, ...tables] : tables.slice(1)
}

function formatLines(table: unknown): readonly string[] {
  const own = Object.entries(Object(table)).filter(([, value]) => !(isTable(value) || isTableList(value)))
  return own.map(([key, value]) => `${formatKey(key)} = ${formatInline(value)}`)
}

function formatInline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatInline).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, one]) => `${formatKey(key)} = ${formatInline(one)}`)
  return `{ ${members.join(', ')} }`
}

const formatPath = (path: Path) => path.map(formatKey).join('.')
const formatKey = (key: string | number) => (/^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(key))
