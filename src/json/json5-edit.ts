import { isObject } from './is-object.ts'
import { type Json5Child, type Json5Node, readJson5 } from './json5.ts'

/** What is put in place of a part of a text; offsets of the text before any change. */
type Edit = { readonly start: number; readonly end: number; readonly text: string }
type Source = { readonly text: string; readonly isJson: boolean }

/** A comment on the rest of a line: it belongs to the value before it. */
const COMMENT = /(?:[ \t]*(?:\/\/[^\n\r\u2028\u2029]*|\/\*[^*\n\r]*\*\/(?=[ \t]*(?:[\n\r]|$))))?/y
const LINE_END = /[ \t]*(?:\r\n|\n|\r|$)/y
const SPACE = /[ \t]*/y

/**
 * Changes a JSON or JSON5 text so that it reads as `wanted`. Everything that reads so already stays as it was written:
 * comments, order, quotes, spaces. JSON stays JSON. The work is in proportion to the two documents, however many values
 * differ.
 *
 * @param wanted Plain data, as `JSON.parse` gives it.
 * @throws {Json5Error} For a text that is not JSON5; an empty one counts as an empty object.
 */
export function editJson5(text: string, wanted: unknown): string {
  const given = text.trim() === '' ? '{}\n' : text
  const source = { text: given, isJson: isStrictJson(given) }
  const edits = changesOf(source, readJson5(source.text), wanted).sort((a, b) => a.start - b.start || a.end - b.end)
  let edited = ''
  let at = 0
  for (const edit of edits) {
    edited += source.text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return edited + source.text.slice(at)
}

function changesOf(source: Source, node: Json5Node, wanted: unknown): Edit[] {
  if (isObject(node.value) && isObject(wanted)) return changesOfObject(source, node, wanted)
  if (Array.isArray(node.value) && Array.isArray(wanted)) return changesOfList(source, node, wanted)
  return isEqual(node.value, wanted) ? [] : [rewrite(source, node, wanted)]
}

function changesOfObject(source: Source, node: Json5Node, wanted: Readonly<Record<string, unknown>>): Edit[] {
  const last = new Map(node.children.map((child) => [child.key, child])) // of two with one key the last one counts
  const isKept = ({ key = '' }: Json5Child) => Object.hasOwn(wanted, key)
  const inner = [...last.values()]
    .filter(isKept)
    .flatMap(({ key = '', node: value }) => changesOf(source, value, wanted[key]))
  const added = Object.entries(wanted).filter(([key]) => !last.has(key))
  return changeChildren(source, node, isKept, inner, added)
}

/** The elements that both begin with stay; what comes behind them is replaced. */
function changesOfList(source: Source, node: Json5Node, wanted: readonly unknown[]): Edit[] {
  const shorter = Math.min(node.children.length, wanted.length)
  let same = 0
  while (same < shorter && isEqual(node.children[same]?.node.value, wanted[same])) same++
  const kept = new Set(node.children.slice(0, same))
  const added = wanted.slice(same).map((value): [undefined, unknown] => [undefined, value])
  return changeChildren(source, node, (child) => kept.has(child), [], added)
}

function changeChildren(
  source: Source,
  parent: Json5Node,
  isKept: (child: Json5Child) => boolean,
  inner: readonly Edit[],
  added: readonly (readonly [key: string | undefined, value: unknown])[],
): Edit[] {
  const removed = parent.children.filter((child) => !isKept(child)).map((child) => remove(source, child))
  if (removed.length === 0 && added.length === 0) return [...inner]
  if (parent.children.length === 0) return [fill(source, parent, added)]
  const anchor = parent.children.findLast(isKept)
  if (added.length > 0) return [...inner, ...removed, ...append(source, parent, anchor, added)]
  const isTailRemoved = anchor !== parent.children.at(-1)
  const comma = anchor?.comma
  if (!isTailRemoved || !source.isJson || comma === undefined) return [...inner, ...removed]
  return [...inner, ...removed, { start: comma, end: comma + 1, text: '' }]
}

function rewrite(source: Source, { start, end }: Json5Node, value: unknown): Edit {
  const indent = typeof value === 'object' ? indentAt(source.text, start) : ''
  return { start, end, text: format(value, indent, source.isJson) }
}

/** With its comma and its comment; with its whole line where it stands there alone. */
function remove({ text }: Source, child: Json5Child): Edit {
  const { start } = child
  const end = endOf(child)
  const lineStart = beforeSpace(text, start)
  const isFirstOnLine = lineStart === 0 || /[\n\r]/.test(text[lineStart - 1] ?? '')
  const line = match(LINE_END, text, match(COMMENT, text, end))
  if (isFirstOnLine && LINE_END.lastIndex > 0) return { start: lineStart, end: line, text: '' }
  return { start, end: match(SPACE, text, end), text: '' }
}

/** Puts the first children into an empty object or list. */
function fill({ text, isJson }: Source, { start, end }: Json5Node, added: Added): Edit {
  const outer = indentAt(text, start)
  const own = text.slice(start + 1, end - 1).trimEnd() // comments, if anything
  const children = added.map((child) => `\n${outer}  ${formatChild(child, `${outer}  `, isJson)}`).join(',')
  return { start: start + 1, end: end - 1, text: `${own}${children}${isJson ? '' : ','}\n${outer}` }
}

/**
 * Puts new last children behind `anchor`, on lines of their own where the others have theirs.
 *
 * @param anchor The last child that stays; where none does, they come first.
 */
function append({ text, isJson }: Source, parent: Json5Node, anchor: Json5Child | undefined, added: Added): Edit[] {
  const beside = anchor ?? parent.children[0]
  const besideStart = beside?.start ?? parent.start
  const isTrailing = parent.children.at(-1)?.comma !== undefined
  const isSpread = /[\n\r]/.test(text.slice(parent.start, besideStart))
  const indent = indentAt(text, besideStart)
  const gap = isSpread ? `\n${indent}` : ' '
  const from = anchor ? endOf(anchor) : parent.start + 1
  const at = isSpread ? match(COMMENT, text, from) : from
  const firstGap = anchor || isSpread ? gap : text.slice(from, match(SPACE, text, from))
  const children = `${firstGap}${added.map((child) => formatChild(child, indent, isJson)).join(`,${gap}`)}`
  const isCommaMissing = anchor !== undefined && anchor.comma === undefined
  const end = anchor?.node.end ?? from
  const comma: Edit[] = isCommaMissing ? [{ start: end, end, text: ',' }] : []
  return [...comma, { start: at, end: at, text: `${children}${isTrailing ? ',' : ''}` }]
}

type Added = readonly (readonly [key: string | undefined, value: unknown])[]

function formatChild([key, value]: Added[number], indent: string, isJson: boolean): string {
  return `${key === undefined ? '' : `${formatKey(key, isJson)}: `}${format(value, indent, isJson)}`
}

/** Writes a value as a person would: JSON5, two spaces deep. */
export function formatJson5(value: unknown): string {
  return format(value, '', false)
}

/** A line of `JSON.stringify` that begins with `"key":` is a member: inside a text the quotes would be escaped. */
function format(value: unknown, indent: string, isJson: boolean): string {
  const text = JSON.stringify(value, undefined, 2)
  const written = isJson ? text : text.replace(/^( *)"([A-Za-z_$][\w$]*)":/gm, '$1$2:')
  return written.replaceAll('\n', `\n${indent}`)
}

function formatKey(key: string, isJson: boolean): string {
  return isJson || !/^[A-Za-z_$][\w$]*$/.test(key) ? JSON.stringify(key) : key
}

/** Behind a child and its comma. */
const endOf = ({ node, comma }: Json5Child) => (comma === undefined ? node.end : comma + 1)

/** Where a pattern that begins at `offset` ends; `offset` itself, and `lastIndex` 0, where it does not match. */
function match(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

function beforeSpace(text: string, offset: number): number {
  let at = offset
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at--
  return at
}

/** The white space that the line of an offset begins with. */
function indentAt(text: string, offset: number): string {
  const lineStart = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
  return text.slice(lineStart, match(SPACE, text, lineStart))
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
