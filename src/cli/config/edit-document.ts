import JSON5 from 'json5'
import { follow, type Path, positionOf, readTree, type Tree } from './json5-tree.ts'

/**
 * Sets one value in a JSON or JSON5 text. Everything else stays as it was written: comments, order, quotes. Objects on
 * the way that are missing are made; a number one past the end of a list appends to it.
 *
 * @throws When a step of the path leads through a value that is neither an object nor a list, or past a list's end.
 */
export function setInDocument(text: string, path: Path, value: unknown): string {
  const source = text.trim() === '' ? '{}\n' : text
  const tree = readTree(source)
  const { at, depth } = follow(tree, path)
  const isJson = isStrictJson(source)
  if (depth === path.length)
    return source.slice(0, at.start) + format(value, indentAt(source, at.start), isJson) + source.slice(at.end)
  const step = path[depth] ?? ''
  const added = path.slice(depth + 1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
  if (at.kind === 'object') return insert(source, at, added, isJson, String(step))
  if (at.kind === 'array' && step === at.elements.length) return insert(source, at, added, isJson)
  const place = path.slice(0, depth).join('.') || '(the document)'
  throw new Error(at.kind === 'array' ? `${place} has ${at.elements.length} elements` : `${place} is not an object`)
}

/** Reads a value from a document; `undefined` where there is none. */
export function getFromDocument(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined,
    document,
  )
}

/** A value as a person gives it on a command line: JSON5 where it is, else the text itself. */
export function parseValue(text: string): unknown {
  try {
    return JSON5.parse(text)
  } catch {
    return text
  }
}

/** Puts a new last child into an object or a list, on a line of its own where the others have theirs. */
function insert(
  text: string,
  parent: Exclude<Tree, { kind: 'scalar' }>,
  value: unknown,
  isJson: boolean,
  key?: string,
): string {
  const last = parent.kind === 'object' ? parent.members.at(-1) : parent.elements.at(-1)
  const lastEnd = last && ('value' in last ? last.value.end : last.end)
  const outer = indentAt(text, parent.start)
  const childAt = (indent: string) =>
    `${key === undefined ? '' : `${formatKey(key, isJson)}: `}${format(value, indent, isJson)}`
  if (!last || lastEnd === undefined) {
    const rest = text.slice(parent.start + 1)
    const closing = /^\s*[}\]]/.test(rest) ? `\n${outer}${rest.trimStart()}` : rest
    return `${text.slice(0, parent.start + 1)}\n${outer}  ${childAt(`${outer}  `)}${closing}`
  }
  const isSpread = positionOf(text, last.start).line > positionOf(text, parent.start).line
  if (!isSpread) return `${text.slice(0, lastEnd)}, ${childAt(outer)}${text.slice(lastEnd)}`
  // A comma may follow already, and a comment that belongs to the last child's line.
  const [tail = '', comma] = /^([ \t]*,)?[ \t]*(?:\/\/[^\n\r]*)?/.exec(text.slice(lastEnd)) ?? []
  const before = text.slice(0, lastEnd) + (comma === undefined ? `,${tail}` : tail)
  const indent = indentAt(text, last.start)
  return `${before}\n${indent}${childAt(indent)}${comma === undefined ? '' : ','}${text.slice(lastEnd + tail.length)}`
}

function format(value: unknown, indent: string, isJson: boolean): string {
  const text = isJson ? JSON.stringify(value, undefined, 2) : JSON5.stringify(value, { space: 2, quote: '"' })
  return text.replaceAll('\n', `\n${indent}`)
}

function formatKey(key: string, isJson: boolean): string {
  return isJson || !/^[A-Za-z_$][\w$]*$/.test(key) ? JSON.stringify(key) : key
}

/** The white space that the line of an offset begins with. */
function indentAt(text: string, offset: number): string {
  const { column } = positionOf(text, offset)
  return /^[ \t]*/.exec(text.slice(offset - column + 1, offset))?.[0] ?? ''
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
