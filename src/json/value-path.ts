import { isObject } from './is-object.ts'
import { parseJson5 } from './json5.ts'

/** The way from a document to one of its values: keys and indexes. */
export type ValuePath = readonly (string | number)[]

/** Writes a path as a person would in code: `agents.defaults.models["huggingface/a/b"].alias`. */
export function formatPath(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[\w$]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`
  })
  return steps.join('').replace(/^\./, '')
}

/** Reads what {@link formatPath} writes, also with single quotes; `undefined` for a text that is no path. */
export function parsePath(text: string): ValuePath | undefined {
  const path: (string | number)[] = []
  const step = /\.?([\w$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]/y
  while (step.lastIndex < text.length) {
    const found = step.exec(text)
    if (!found) return undefined
    const [, name, index, quoted = "''"] = found
    path.push(index !== undefined ? Number(index) : (name ?? String(parseJson5(quoted))))
  }
  return path
}

/** The value that a path leads to; `undefined` where there is none. */
export function valueAt(document: unknown, path: ValuePath): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined,
    document,
  )
}

/**
 * A copy of a document with one value set. Objects on the way that are missing are made; an index one past the end of a
 * list appends to it. What the path does not touch is shared with the original.
 *
 * @throws When a step leads through a value that is neither an object nor a list, or past a list's end.
 */
export function withValue(document: unknown, path: ValuePath, value: unknown, depth = 0): unknown {
  const step = path[depth]
  if (step === undefined) return value
  const inner = (at: unknown) => withValue(at, path, value, depth + 1)
  if (Array.isArray(document)) {
    const index = Number(step)
    if (index < document.length) return document.with(index, inner(document[index]))
    if (index === document.length) return [...document, inner(undefined)]
    throw new Error(`${placeOf(path, depth)} has ${document.length} elements`)
  }
  if (document !== undefined && !isObject(document)) throw new Error(`${placeOf(path, depth)} is not an object`)
  const before = document && Object.hasOwn(document, step) ? document[step] : undefined
  return { ...document, [step]: inner(before) }
}

/** A copy of a document without one value; the very same document where there is none. */
export function withoutValue(document: unknown, path: ValuePath): unknown {
  const [last = ''] = path.slice(-1)
  const parent = valueAt(document, path.slice(0, -1))
  if (valueAt(document, path) === undefined) return document
  const rest = Array.isArray(parent)
    ? parent.toSpliced(Number(last), 1)
    : Object.fromEntries(Object.entries(Object(parent)).filter(([key]) => key !== String(last)))
  return withValue(document, path.slice(0, -1), rest)
}

const placeOf = (path: ValuePath, depth: number) => formatPath(path.slice(0, depth)) || '(the document)'
