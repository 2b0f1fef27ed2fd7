import { normalizeAlias, parseConfig } from '../../core/config/config.ts'
import { quote } from '../../core/quote.ts'
import { DEFAULT_MODEL } from '../../core/router-facts.ts'
import { formatModelRef, MODEL_REF_FORM, parseModelRef } from '../../core/routing/model-ref.ts'
import { usageError } from '../command-error.ts'
import type { DocumentDraft } from '../config/document-draft.ts'
import { isSame } from '../config/document-draft.ts'
import type { Arguments } from '../flags.ts'

/** What onboarding asks for, however it was answered. */
export type OnboardAnswers = {
  readonly primary: string
  /** Every fallback there is to be, in order. */
  readonly fallbacks: readonly string[]
  readonly aliases: readonly { readonly ref: string; readonly alias: string }[]
}

/** A ref in the form that the configuration has. @throws {CommandError} For a text that is none, naming `flag`. */
function checkRef(text: string, flag: string): string {
  const parsed = parseModelRef(text)
  if (parsed.ok) return formatModelRef(parsed.value)
  throw usageError(`${flag}: "${parsed.error.text}" is not a model. The form is ${MODEL_REF_FORM}`)
}

/** What the flags say of models, checked for itself: before the network is asked, and before a call is paid for. */
export type ModelFlags = {
  readonly model: string | undefined
  readonly fallbacks: readonly string[]
  readonly aliases: OnboardAnswers['aliases']
  readonly removedFallbacks: readonly string[]
  readonly removedAliases: readonly string[]
}

/** @throws {CommandError} For a flag that cannot be meant. */
export function readModelFlags(args: Arguments): ModelFlags {
  const model = args.text('model')
  const aliases = args.list('alias').map((text) => {
    const [, alias = '', ref = ''] = /^(.*?)\s*=\s*(.*)$/s.exec(text) ?? []
    if (alias.trim() === '' || ref === '') throw usageError(`--alias takes "NAME=REF", not "${quote(text)}"`)
    const named = { alias: alias.trim(), ref: checkRef(ref, '--alias') }
    const wrong = checkAlias(named.ref, named.alias)
    if (wrong) throw usageError(`--alias "${named.alias}=${named.ref}": ${wrong}`)
    return named
  })
  const twice = aliases.find((one) => aliases.some((other) => other !== one && isOneName(one, other)))
  if (twice) throw usageError(`--alias "${twice.alias}" is given to several models: each needs its own name`)
  return {
    model: model === undefined ? undefined : checkRef(model, '--model'),
    fallbacks: args.list('fallback').map((ref) => checkRef(ref, '--fallback')),
    aliases,
    removedFallbacks: args.list('remove-fallback').map((ref) => checkRef(ref, '--remove-fallback')),
    removedAliases: args.list('remove-alias'),
  }
}

/** The flags that only take something out. @throws {CommandError} Where it is not there. */
export function applyRemovals(draft: DocumentDraft, { removedFallbacks, removedAliases }: ModelFlags): void {
  for (const ref of removedFallbacks) {
    if (!draft.removeFallback(ref)) throw usageError(`--remove-fallback: ${ref} is no fallback here`)
  }
  for (const alias of removedAliases) {
    if (!draft.removeAlias(alias)) throw usageError(`--remove-alias: "${quote(alias)}" is no alias here`)
  }
}

/** A model that is not named keeps its place, fallbacks are added, aliases are given. */
export function answersFromFlags(flags: ModelFlags, draft: DocumentDraft): OnboardAnswers {
  const primary = flags.model ?? draft.primary() ?? DEFAULT_MODEL
  return { primary, fallbacks: withAdded(draft.fallbacks(), flags.fallbacks, primary), aliases: flags.aliases }
}

type NamedRef = OnboardAnswers['aliases'][number]

/** Whether two refs would be asked for by one name. */
function isOneName(one: NamedRef, other: NamedRef): boolean {
  return normalizeAlias(one.alias) === normalizeAlias(other.alias) && !isSame(one.ref, other.ref)
}

/** The chain with refs added that are new to it. */
export function withAdded(chain: readonly string[], added: readonly string[], primary: string): readonly string[] {
  const fresh = added.filter((ref, at) => !isSame(ref, primary) && added.findIndex((one) => isSame(one, ref)) === at)
  return [...chain, ...fresh.filter((ref) => !chain.some((known) => isSame(known, ref)))]
}

/** Writes the answers into a document; what they do not touch stays as it is. */
export function applyAnswers(draft: DocumentDraft, { primary, fallbacks, aliases }: OnboardAnswers): void {
  draft.setPrimary(primary)
  draft.setFallbacks(fallbacks)
  for (const { ref, alias } of aliases) draft.setAlias(ref, alias)
}

/** What is wrong with an alias for a ref, in words for a person. */
export function checkAlias(ref: string, alias: string): string | undefined {
  const document = JSON.stringify({ agents: { defaults: { models: { [ref]: { alias } } } } })
  const checked = parseConfig(document)
  return checked.ok ? undefined : checked.error[0]?.message
}

/** Which other ref has the name already: asked for by it, neither would be meant. */
export function findOwner(
  draft: DocumentDraft,
  { ref, alias }: NamedRef,
  others: readonly NamedRef[],
): string | undefined {
  const owner = others.find((one) => isOneName(one, { ref, alias }))?.ref ?? draft.refOf(alias)
  return owner === undefined || isSame(owner, ref) ? undefined : owner
}
