import { buildCatalog, type Catalog } from '../../core/catalog/catalog.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import { DEFAULT_CONFIG } from '../../core/config/config.ts'
import { CommandError, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import type { Arguments } from '../flags.ts'
import type { Project } from '../project.ts'
import { askSecret, confirm } from '../prompts.ts'
import type { Terminal } from '../terminal.ts'
import {
  cheapestModel,
  checkToken,
  checkTokenText,
  fetchModels,
  findToken,
  PERMISSION,
  TOKEN_PAGE,
} from '../worker/router-access.ts'

/** A token that may be used, and how it came. */
export type OnboardToken = { readonly value: string; readonly isGiven: boolean }

/** The token of the flag, of the environment, of `.dev.vars`, or of whoever is asked. */
export async function obtainToken(
  args: Arguments,
  terminal: Terminal,
  project: Project | undefined,
): Promise<OnboardToken> {
  const given = args.text('huggingface-api-key')
  if (given !== undefined) {
    const wrong = checkTokenText(given)
    if (wrong) throw usageError(`--huggingface-api-key: ${wrong}`)
    return { value: given.trim(), isGiven: true }
  }
  const found = findToken(project)
  if (!terminal.isInteractive) {
    if (found) return { value: found.value, isGiven: false }
    throw usageError('--huggingface-api-key is missing (or set HF_TOKEN in the environment)')
  }
  const where = found?.source === 'environment' ? 'of the environment' : 'of .dev.vars'
  if (found && (await confirm(`Use the ${found.name} ${where}?`, true))) return { value: found.value, isGiven: false }
  terminal.remark(`A token needs the permission "${PERMISSION}". Make one here:\n${TOKEN_PAGE}`)
  const asked = await askSecret('Hugging Face token (not shown)', checkTokenText)
  return { value: asked.trim(), isGiven: true }
}

/** The models to choose from; the built-in ones where the router cannot be reached. */
export async function loadCatalog(terminal: Terminal, baseUrl: string, token: string): Promise<RouterCatalog> {
  const listed = await terminal.during(`Asking ${baseUrl} for its models`, () => fetchModels(baseUrl, token))
  if (listed.ok) {
    terminal.remark(`The router lists ${listed.value.models.length} models.`)
    return { models: listed.value.models, catalog: buildCatalog(listed.value.models, DEFAULT_CONFIG) }
  }
  terminal.warn(`${listed.error}. The built-in list is used.`)
  return { models: undefined, catalog: buildCatalog(undefined, DEFAULT_CONFIG) }
}

/** `models` is absent where the built-in list stands in. */
export type RouterCatalog = { readonly models: readonly RouterModel[] | undefined; readonly catalog: Catalog }

/**
 * Has the router look at the token.
 *
 * @throws {CommandError} When it refuses it, naming the permission that is missing.
 */
export async function proveToken(
  terminal: Terminal,
  baseUrl: string,
  { value }: OnboardToken,
  models: readonly RouterModel[] | undefined,
): Promise<void> {
  if (models === undefined) {
    terminal.warn(`The token could not be checked: the router is out of reach. '${COMMAND} doctor' checks it later.`)
    return
  }
  const model = cheapestModel(models)
  const verdict = await terminal.during(`Checking the token by a call of one output token (${model})`, () =>
    checkToken(baseUrl, value, model),
  )
  if (verdict.kind === 'bad') throw new CommandError(`${verdict.why}\nNothing was written.`)
  if (verdict.kind === 'good') terminal.remark(`The token may make calls to Inference Providers.`)
  else terminal.warn(verdict.kind === 'no_credit' ? verdict.why : `The token could not be checked: ${verdict.why}`)
}
