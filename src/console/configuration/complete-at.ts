import { isObject } from '../../json/is-object.ts'

/** Something that may stand where the cursor is. */
export type Suggestion = {
  readonly name: string
  readonly description: string
  /** What to put in, in place of the text from `from` to the cursor. */
  readonly insert: string
  readonly from: number
}

type Frame = { readonly isList: boolean; key?: string; isAtKey: boolean }
type Token = { readonly start: number; readonly text: string }

const MAX_SUGGESTIONS = 30
const PIECE =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[{}[\]:,]|[^\s{}[\]:,"'/]+|\/|\s+/g

/**
 * What the schema allows at a place of a document that is being written, so that may be broken behind the cursor and
 * unfinished before it: keys of the object that the cursor is in, or values that the key takes.
 */
export function completeAt(text: string, offset: number, schema: unknown): Suggestion[] {
  const { stack, token, isInComment } = scan(text.slice(0, offset))
  const frame = stack.at(-1)
  if (!frame || isInComment) return []
  const path = stack.slice(0, -1).map(({ key, isList }) => (isList ? '0' : (key ?? '')))
  const places = descend(expand(schema, schema), path, schema)
  const from = token?.start ?? offset
  const typed = (token?.text ?? '').replace(/^["']/, '').toLowerCase()
  const fits = ({ name }: { name: string }) => name.toLowerCase().startsWith(typed)
  if (frame.isList || frame.isAtKey) {
    const keys = frame.isList ? [] : places.flatMap((place) => keysOf(place))
    return keys
      .filter(fits)
      .slice(0, MAX_SUGGESTIONS)
      .map((key) => ({ ...key, insert: `${quoteKey(key.name)}: `, from }))
  }
  const values = places.flatMap((place) => descend([place], [frame.key ?? ''], schema)).flatMap(valuesOf)
  return values
    .filter(fits)
    .slice(0, MAX_SUGGESTIONS)
    .map((value) => ({ ...value, insert: value.name, from }))
}

/** Walks to the end of `text`: the objects and lists that are open there, and the word that is being written. */
function scan(text: string) {
  const stack: Frame[] = []
  let token: Token | undefined
  let isInComment = false
  for (const match of text.matchAll(PIECE)) {
    const [piece] = match
    const isComment = /^\/[/*]/.test(piece)
    isInComment = isComment && match.index + piece.length === text.length && !piece.endsWith('*/')
    if (!isComment) apply(stack, piece)
    token = isComment || /^[\s{}[\]:,]/.test(piece) ? undefined : { start: match.index, text: piece }
  }
  return { stack, token, isInComment }
}

function apply(stack: Frame[], piece: string): void {
  const frame = stack.at(-1)
  if (piece === '{' || piece === '[') stack.push({ isList: piece === '[', isAtKey: piece === '{' })
  else if (piece === '}' || piece === ']') stack.pop()
  else if (!frame) return
  else if (piece === ':') frame.isAtKey = false
  else if (piece === ',') frame.isAtKey = !frame.isList
  else if (frame.isAtKey && piece.trim() !== '') frame.key = piece.replace(/^["']|["']$/g, '')
}

function descend(places: readonly unknown[], path: readonly string[], root: unknown): unknown[] {
  return path.reduce<unknown[]>((at, key) => at.flatMap((place) => step(place, key, root)), [...places])
}

/** Every schema that a key of a place may follow. */
function step(place: unknown, key: string, root: unknown): unknown[] {
  if (!isObject(place)) return []
  const { properties, additionalProperties, items } = place
  const named = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
  const next = named ?? (isObject(additionalProperties) ? additionalProperties : /^\d+$/.test(key) ? items : undefined)
  return expand(next, root)
}

/** A schema and, where it is one of several, each of those. */
function expand(schema: unknown, root: unknown): unknown[] {
  if (!isObject(schema)) return []
  const { $ref, anyOf, oneOf } = schema
  if (typeof $ref === 'string') {
    const target = $ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root)
    return expand(target, root)
  }
  const several = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
  return [schema, ...several.flatMap((one) => expand(one, root))]
}

function keysOf(place: unknown): { name: string; description: string }[] {
  if (!isObject(place) || !isObject(place['properties'])) return []
  return Object.entries(place['properties']).map(([name, schema]) => ({ name, description: descriptionOf(schema) }))
}

function valuesOf(place: unknown): { name: string; description: string }[] {
  if (!isObject(place)) return []
  const { enum: several, const: one, type, default: usual } = place
  const values = Array.isArray(several) ? several : one !== undefined ? [one] : type === 'boolean' ? [true, false] : []
  const all = usual === undefined || values.includes(usual) ? values : [...values, usual]
  return all.map((value) => ({ name: JSON.stringify(value), description: value === usual ? 'the default' : '' }))
}

function descriptionOf(schema: unknown): string {
  return isObject(schema) && typeof schema['description'] === 'string' ? schema['description'] : ''
}

const quoteKey = (key: string) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key))
