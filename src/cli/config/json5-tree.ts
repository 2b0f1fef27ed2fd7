import JSON5 from 'json5'

/** One value of a JSON5 text and where it stands; positions are offsets into the text. */
export type Tree =
  | { readonly kind: 'object'; readonly start: number; readonly end: number; readonly members: readonly TreeMember[] }
  | { readonly kind: 'array'; readonly start: number; readonly end: number; readonly elements: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly start: number; readonly end: number }

/** A member of an object; `key` is decoded, `start` is where it stands. */
export type TreeMember = { readonly key: string; readonly start: number; readonly value: Tree }

/** A line and a column, both from 1. */
export type Position = { readonly line: number; readonly column: number }

export type Path = readonly (string | number)[]

/** Finds every value of a text that `JSON5.parse` has accepted: it decides what is JSON5, never this file. */
export function readTree(text: string): Tree {
  return readValue(text, skip(text, 0))
}

/** The member of an object that counts: of two with one key, `JSON5.parse` takes the last. */
function memberOf(tree: Tree, key: string): TreeMember | undefined {
  return tree.kind === 'object' ? tree.members.findLast((member) => member.key === key) : undefined
}

/** Where a path leads, and how far it could be followed. */
export function follow(tree: Tree, path: Path): { readonly at: Tree; readonly start: number; readonly depth: number } {
  let at = tree
  let start = tree.start
  for (const [depth, step] of path.entries()) {
    const member = memberOf(at, String(step))
    const element = at.kind === 'array' ? at.elements[Number(step)] : undefined
    const next = member?.value ?? element
    if (!next) return { at, start, depth }
    start = member?.start ?? next.start
    at = next
  }
  return { at, start, depth: path.length }
}

/** The line and column of an offset. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** Reads what `formatPath` writes: `agents.defaults.models["huggingface/a/b"].alias`. */
export function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = []
  const step = /\.?([\w$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]/y
  while (step.lastIndex < text.length) {
    const found = step.exec(text)
    if (!found) return undefined
    const [, name, index, quoted] = found
    path.push(index !== undefined ? Number(index) : (name ?? String(JSON5.parse(quoted ?? "''"))))
  }
  return path
}

function readValue(text: string, start: number): Tree {
  const first = text[start]
  if (first === '{') return readObject(text, start)
  if (first === '[') return readArray(text, start)
  return { kind: 'scalar', start, end: isQuote(first) ? endOfString(text, start) : endOfWord(text, start) }
}

function readObject(text: string, start: number): Tree {
  const members: TreeMember[] = []
  let at = skip(text, start + 1)
  while (at < text.length && text[at] !== '}') {
    const keyEnd = isQuote(text[at]) ? endOfString(text, at) : endOfWord(text, at)
    const key = Object.keys(JSON5.parse(`{${text.slice(at, keyEnd)}:0}`))[0] ?? ''
    const value = readValue(text, skip(text, skip(text, keyEnd) + 1))
    members.push({ key, start: at, value })
    at = skipComma(text, value.end)
  }
  return { kind: 'object', start, end: at + 1, members }
}

function readArray(text: string, start: number): Tree {
  const elements: Tree[] = []
  let at = skip(text, start + 1)
  while (at < text.length && text[at] !== ']') {
    const value = readValue(text, at)
    elements.push(value)
    at = skipComma(text, value.end)
  }
  return { kind: 'array', start, end: at + 1, elements }
}

const isQuote = (character: string | undefined) => character === '"' || character === "'"

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfWord(text: string, start: number): number {
  let at = start
  while (at < text.length && !/[\s:,\]}]/.test(text[at] ?? '') && !/^\/[/*]/.test(text.slice(at, at + 2))) at++
  return at
}

function skipComma(text: string, from: number): number {
  const at = skip(text, from)
  return text[at] === ',' ? skip(text, at + 1) : at
}

/** Over white space and comments. */
function skip(text: string, from: number): number {
  const space = /(?:[\s\u2028\u2029\ufeff]|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)*/y
  space.lastIndex = from
  space.exec(text)
  return space.lastIndex
}
