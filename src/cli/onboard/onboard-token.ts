import { buildCatalog, type Catalog } from '../../core/catalog/catalog.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import { DEFAULT_CONFIG, parseConfig } from '../../core/config/config.ts'
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
  findRouterUrl,
  findToken,
  PERMISSION,
  TOKEN_PAGE,
} from '../worker/router-access.ts'

/** A token that may be used, and how it came. */
export type OnboardToken = { readonly value: string; readonly isGiven: boolean }

/**
 * A token that the router accepts, and its list of models. A wrong one is told at once, and asked for again where there
 * is somebody to ask.
 *
 * @throws {CommandError} When it is wrong, naming the permission that is missing, and nobody can be asked.
 */
export async function obtainToken(
  args: Arguments,
  terminal: Terminal,
  project: Project,
): Promise<{ readonly token: OnboardToken; readonly models: readonly RouterModel[] | undefined }> {
  const routerUrl = findRouterUrl(project)
  let token = await findOrAskToken(args, terminal, project)
  for (;;) {
    const models = await loadModels(terminal, routerUrl, token.value)
    const wrong = await proveToken(terminal, routerUrl, token.value, models)
    if (wrong === undefined) return { token, models }
    if (!terminal.isInteractive) throw new CommandError(`${wrong}\nNothing was written.`)
    terminal.warn(wrong)
    token = await askToken()
  }
}

/** The token of the flag, of the environment, of `.dev.vars`, or of whoever is asked. */
async function findOrAskToken(args: Arguments, terminal: Terminal, project: Project): Promise<OnboardToken> {
  const given = args.text('huggingface-api-key')
  if (given !== undefined) return { value: given.trim(), isGiven: true }
  const found = findToken(project)
  if (!terminal.isInteractive) {
    if (found) return { value: found.value, isGiven: false }
    throw usageError('--huggingface-api-key is missing (or set HF_TOKEN in the environment)')
  }
  const where = found?.source === 'environment' ? 'of the environment' : `of ${found?.source}`
  if (found && (await confirm(`Use the ${found.name} ${where}?`, true))) return { value: found.value, isGiven: false }
  terminal.remark(`A token needs the permission "${PERMISSION}". Make one here:\n${TOKEN_PAGE}`)
  return askToken()
}

async function askToken(): Promise<OnboardToken> {
  const asked = await askSecret('Hugging Face token (not shown)', checkTokenText)
  return { value: asked.trim(), isGiven: true }
}

/** @throws {CommandError} For a token that cannot be one: known before anybody is asked. */
export function checkTokenFlag(args: Arguments): void {
  const given = args.text('huggingface-api-key')
  const wrong = given === undefined ? undefined : checkTokenText(given)
  if (wrong) throw usageError(`--huggingface-api-key: ${wrong}`)
}

async function loadModels(
  terminal: Terminal,
  baseUrl: string,
  token: string,
): Promise<readonly RouterModel[] | undefined> {
  const listed = await terminal.during(`Asking ${baseUrl} for its models`, () => fetchModels(baseUrl, token))
  if (listed.ok) terminal.remark(`The router lists ${listed.value.models.length} models.`)
  else terminal.warn(`${listed.error}. The built-in list is used.`)
  return listed.ok ? listed.value.models : undefined
}

/** The list to choose from: with the aliases and the rows of the configuration that is there. */
export function catalogFor(models: readonly RouterModel[] | undefined, document: string): Catalog {
  const loaded = parseConfig(document.trim() === '' ? '{}' : document)
  return buildCatalog(models, loaded.ok ? { ...loaded.value.config, mode: 'merge' } : DEFAULT_CONFIG)
}

/** Has the router look at the token. @returns Why it is of no use, or nothing. */
async function proveToken(
  terminal: Terminal,
  baseUrl: string,
  token: string,
  models: readonly RouterModel[] | undefined,
): Promise<string | undefined> {
  if (models === undefined) {
    terminal.warn(`The token could not be checked: the router is out of reach. '${COMMAND} doctor' checks it later.`)
    return undefined
  }
  const model = cheapestModel(models)
  const verdict = await terminal.during(`Checking the token by a call of one output token (${model})`, () =>
    checkToken(baseUrl, token, model),
  )
  if (verdict.kind === 'bad') return verdict.why
  if (verdict.kind === 'good') terminal.remark('The token may make calls to Inference Providers.')
  else terminal.warn(verdict.kind === 'no_credit' ? verdict.why : `The token could not be checked: ${verdict.why}`)
  return undefined
}
