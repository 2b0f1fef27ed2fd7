import { normalizeAlias, parseConfig } from '../../core/config/config.ts'
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
export function checkRef(text: string, flag: string): string {
  const parsed = parseModelRef(text)
  if (parsed.ok) return formatModelRef(parsed.value)
  throw usageError(`${flag}: "${parsed.error.text}" is not a model. The form is ${MODEL_REF_FORM}`)
}

/**
 * The answers that flags give. What is configured already stays: a model that is not named keeps its place, fallbacks
 * are added, aliases are given.
 *
 * @throws {CommandError} For a flag that cannot be meant.
 */
export function answersFromFlags(args: Arguments, draft: DocumentDraft): OnboardAnswers {
  const model = args.text('model')
  const primary = model === undefined ? (draft.primary() ?? DEFAULT_MODEL) : checkRef(model, '--model')
  const added = args.list('fallback').map((ref) => checkRef(ref, '--fallback'))
  const aliases = args.list('alias').map((text) => {
    const [, alias = '', ref = ''] = /^(.*?)\s*=\s*(.*)$/s.exec(text) ?? []
    if (alias.trim() === '' || ref === '') throw usageError(`--alias takes "NAME=REF", not "${text.slice(0, 80)}"`)
    return { alias: alias.trim(), ref: checkRef(ref, '--alias') }
  })
  const twice = aliases.find((one) => aliases.some((other) => other !== one && isOneName(one, other)))
  if (twice) throw usageError(`--alias "${twice.alias}" is given to several models: each needs its own name`)
  return { primary, fallbacks: withAdded(draft.fallbacks(), added, primary), aliases }
}

type NamedRef = OnboardAnswers['aliases'][number]

/** Whether two refs would be asked for by one name. */
export function isOneName(one: NamedRef, other: NamedRef): boolean {
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
export function checkAlias(draft: DocumentDraft, ref: string, alias: string): string | undefined {
  const other = draft.refOf(alias)
  if (other !== undefined && !isSame(other, ref)) return `"${alias}" is the alias of ${other} already.`
  const document = JSON.stringify({ agents: { defaults: { models: { [ref]: { alias } } } } })
  const checked = parseConfig(document)
  return checked.ok ? undefined : checked.error[0]?.message
}
