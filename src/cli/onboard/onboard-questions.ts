import { note } from '@clack/prompts'
import type { Catalog } from '../../core/catalog/catalog.ts'
import { describeUnlisted } from '../../core/catalog/config-warnings.ts'
import { DEFAULT_MODEL } from '../../core/router-facts.ts'
import { formatModelRef, type ModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import { type DocumentDraft, isSame } from '../config/document-draft.ts'
import { ask, type Choice, choose, confirm, search, searchSeveral } from '../prompts.ts'
import { backendChoices, isLocked, modelChoices } from './model-choices.ts'
import { checkAlias, findOwner, type ModelFlags, type OnboardAnswers, withAdded } from './onboard-answers.ts'

/** What OpenClaw says as well, so that nobody wonders. */
const LOCKED = 'Provider locked: the router chooses the backend by cost or speed.'
const NO_BACKEND = ''

/**
 * Asks for the default model, a backend, fallbacks and aliases. What flags or the configuration say already is the
 * answer that Enter gives.
 *
 * @param isNew Nothing is configured yet: aliases are proposed then.
 */
export async function askForModels(
  flags: ModelFlags,
  draft: DocumentDraft,
  catalog: Catalog,
  isNew: boolean,
): Promise<OnboardAnswers> {
  const given = flags.model !== undefined && (await isMeant(flags.model, catalog)) ? flags.model : undefined
  const current = given ?? canonicalOr(draft.primary() ?? DEFAULT_MODEL)
  const choices = withOwn(modelChoices(catalog, canonicalOr(DEFAULT_MODEL)), [current, ...draft.fallbacks()])
  const picked = given ?? (await search('Default model', choices, current))
  const primary = given ?? (await askForBackend(picked, catalog, draft.primary()))
  const others = choices.filter(({ value }) => !isSame(value, primary))
  const before = draft.fallbacks().map(canonicalOr)
  const chosen = await searchSeveral(
    'Fallbacks, tried in this order when the default fails (none is fine)',
    others,
    before,
  )
  const kept = draft.fallbacks().filter((ref) => chosen.some((one) => isSame(one, ref)))
  const asked: string[] = []
  for (const ref of flags.fallbacks) if (await isMeant(ref, catalog)) asked.push(ref)
  const fallbacks = withAdded(kept, [...chosen, ...asked], primary)
  if (fallbacks.length > 1) {
    note(fallbacks.map((ref, at) => `${at + 1}. ${ref}`).join('\n'), 'Tried in this order', { output: process.stderr })
  }
  const named = await askForAliases([primary, ...fallbacks], draft, catalog, isNew, flags.aliases)
  return { primary, fallbacks, aliases: [...flags.aliases, ...named] }
}

/** A model that the list does not have may be a slip. */
async function isMeant(ref: string, catalog: Catalog): Promise<boolean> {
  const wrong = describeUnlisted(ref, idsOf(catalog))
  return wrong === undefined || confirm(`${wrong}. Take it all the same?`, false)
}

function idsOf({ rows }: Catalog): readonly string[] {
  return rows.flatMap(({ id }) => refOf(id)?.id ?? [])
}

/** Optional, and only where the router is not to choose: a policy is the choice already. */
async function askForBackend(picked: string, catalog: Catalog, current: string | undefined): Promise<string> {
  const ref = refOf(picked)
  if (!ref) return picked
  if (isLocked(ref)) {
    note(LOCKED, formatModelRef(ref), { output: process.stderr })
    return picked
  }
  const backends = backendChoices(catalog.rowOf(ref))
  if (ref.routing.kind !== 'default' || backends.length === 0) return picked
  const now = current === undefined ? undefined : refOf(current)
  const pinned = now?.id === ref.id && now.routing.kind === 'provider' ? now.routing.provider : NO_BACKEND
  const router: Choice = { value: NO_BACKEND, label: 'Let the router choose', hint: 'the fastest that is up' }
  const backend = await choose('Prefer a backend? (optional)', [router, ...backends], pinned)
  return backend === NO_BACKEND ? picked : `${picked}:${backend}`
}

async function askForAliases(
  refs: readonly string[],
  draft: DocumentDraft,
  catalog: Catalog,
  isNew: boolean,
  given: OnboardAnswers['aliases'],
): Promise<OnboardAnswers['aliases']> {
  const isNamed = (ref: string) => draft.aliasOf(ref) !== undefined || given.some((one) => isSame(one.ref, ref))
  const nameless = refs.filter((ref) => !isNamed(ref))
  if (
    nameless.length === 0 ||
    !(await confirm('Give aliases to them? Clients may send an alias as the model', isNew))
  ) {
    return []
  }
  const aliases: { ref: string; alias: string }[] = []
  for (const ref of nameless) {
    const parsed = refOf(ref)
    const proposal = (parsed && catalog.rowOf(parsed)?.name) ?? ''
    const alias = await ask(`Alias of ${ref} (empty: none)`, proposal, (value) => {
      if (value.trim() === '') return undefined
      const owner = findOwner(draft, { ref, alias: value.trim() }, [...given, ...aliases])
      return owner ? `"${value.trim()}" is the alias of ${owner} already.` : checkAlias(ref, value.trim())
    })
    if (alias.trim() !== '') aliases.push({ ref, alias: alias.trim() })
  }
  return aliases
}

/** The list, and what is configured but not on it. */
function withOwn(choices: readonly Choice[], refs: readonly string[]): readonly Choice[] {
  const missing = [...new Set(refs.map(canonicalOr))].filter((ref) => !choices.some(({ value }) => value === ref))
  return [...missing.map((ref) => ({ value: ref, label: ref, hint: 'configured' })), ...choices]
}

function canonicalOr(text: string): string {
  const ref = refOf(text)
  return ref ? formatModelRef(ref) : text
}

function refOf(text: string): ModelRef | undefined {
  const parsed = parseModelRef(text)
  return parsed.ok ? parsed.value : undefined
}
