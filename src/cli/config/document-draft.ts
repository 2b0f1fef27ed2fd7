import { normalizeAlias } from '../../core/config/config.ts'
import { formatModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import { editJson5 } from '../../json/json5-edit.ts'
import { type ValuePath, valueAt, withoutValue, withValue } from '../../json/value-path.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { parseDocument } from './change-config.ts'

export const MODEL: ValuePath = ['agents', 'defaults', 'model']
export const ALIASES: ValuePath = ['agents', 'defaults', 'models']
export const ROWS: ValuePath = ['models', 'providers', 'huggingface', 'models']

/**
 * A document that is being changed as text, one value at a time, so that everything else stays as a person wrote it.
 * A change that says what is there already changes nothing.
 */
export type DocumentDraft = {
  text(): string
  /** The default model, as it is written there. */
  primary(): string | undefined
  fallbacks(): readonly string[]
  /** The alias of a ref, however the ref is written. */
  aliasOf(ref: string): string | undefined
  /** The ref that an alias means. */
  refOf(alias: string): string | undefined
  setPrimary(ref: string): void
  setFallbacks(refs: readonly string[]): void
  setAlias(ref: string, alias: string): void
  /** @returns Whether it was one. */
  removeFallback(ref: string): boolean
  /** The models that it named stay. @returns Whether it was one. */
  removeAlias(alias: string): boolean
  /** Gives a ref an entry, and so a row in the model list, without an alias. */
  name(ref: string): void
  value(path: ValuePath): unknown
  set(path: ValuePath, value: unknown): void
}

/** @param text `''` for a new document. */
export function createDraft(text: string): DocumentDraft {
  let edited = text
  const get = (path: ValuePath) => valueAt(parseDocument(edited), path)
  const set = (path: ValuePath, value: unknown) => {
    edited = editJson5(edited, withValue(parseDocument(edited), path, value))
  }
  const primary = () => {
    const model = get(MODEL)
    const ref = typeof model === 'string' ? model : fieldOf(model, 'primary')
    return typeof ref === 'string' ? ref : undefined
  }
  const fallbacks = () => listOf(fieldOf(get(MODEL), 'fallbacks')).map(String)
  const named = () =>
    Object.entries(get(ALIASES) ?? {}).map(([ref, options]) => ({ ref, alias: fieldOf(options, 'alias') }))
  const draft: DocumentDraft = {
    text: () => edited,
    primary,
    fallbacks,
    aliasOf: (ref) => named().flatMap((one) => (isSame(one.ref, ref) && isText(one.alias) ? [one.alias] : []))[0],
    refOf: (alias) =>
      named().find((one) => isText(one.alias) && normalizeAlias(one.alias) === normalizeAlias(alias))?.ref,
    setPrimary(ref) {
      if (isSame(primary(), ref)) return
      set(typeof get(MODEL) === 'object' ? [...MODEL, 'primary'] : MODEL, ref)
    },
    setFallbacks(refs) {
      const before = fallbacks()
      if (refs.length === before.length && refs.every((ref, at) => isSame(ref, before[at]))) return
      const model = get(MODEL)
      if (typeof model === 'string') set(MODEL, { primary: model, fallbacks: refs })
      else set([...MODEL, 'fallbacks'], refs)
    },
    setAlias(ref, alias) {
      if (draft.aliasOf(ref) === alias) return
      set([...ALIASES, named().find((one) => isSame(one.ref, ref))?.ref ?? ref, 'alias'], alias)
    },
    removeFallback(ref) {
      const rest = fallbacks().filter((one) => !isSame(one, ref))
      if (rest.length === fallbacks().length) return false
      set([...MODEL, 'fallbacks'], rest)
      return true
    },
    removeAlias(alias) {
      const owners = named().filter((one) => isText(one.alias) && normalizeAlias(one.alias) === normalizeAlias(alias))
      for (const { ref } of owners)
        edited = editJson5(edited, withoutValue(parseDocument(edited), [...ALIASES, ref, 'alias']))
      return owners.length > 0
    },
    name(ref) {
      if (!named().some((one) => isSame(one.ref, ref))) set([...ALIASES, ref], {})
    },
    value: get,
    set,
  }
  return draft
}

/** Whether two texts are one ref. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) !== undefined && canonical(one) === canonical(other)
}

function canonical(ref: unknown): string | undefined {
  const parsed = isText(ref) ? parseModelRef(ref) : undefined
  return parsed?.ok ? formatModelRef(parsed.value) : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string'
