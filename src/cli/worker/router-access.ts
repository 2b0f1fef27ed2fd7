import type { RouterModel } from '../../core/catalog/router-model.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { ROUTER_BASE_URL, TOKEN_NAMES, TOKEN_PLACEHOLDER } from '../../core/router-facts.ts'
import { messageOf } from '../command-error.ts'
import { devVarsName, type Project, readDevVars } from '../project.ts'
import { type Answer, call, errorTextOf, fieldOf, listOf } from './http-call.ts'

/** The page that makes a token with the one permission that is needed. */
export const TOKEN_PAGE =
  'https://huggingface.co/settings/tokens/new?ownUserPermissions=inference.serverless.write&tokenType=fineGrained'
/** What Hugging Face calls the permission. */
export const PERMISSION = 'Make calls to Inference Providers'
const LIST_LIMIT_MS = 30_000

/** A token and the name under which it was found. */
export type FoundToken = {
  readonly name: string
  readonly value: string
  readonly source: 'environment' | '.dev.vars' | '.env'
}

/** What the router makes of a token. */
export type TokenVerdict =
  | { readonly kind: 'good' }
  /** It works; `why` is what will be in the way nevertheless. */
  | { readonly kind: 'no_credit'; readonly why: string }
  | { readonly kind: 'bad'; readonly why: string }
  /** The router did not say. */
  | { readonly kind: 'unknown'; readonly why: string }

/** The token that a Worker would use: the environment goes first, as in `npm start`. */
export function findToken(project: Project | undefined): FoundToken | undefined {
  const vars = readDevVars(project)
  const places = [
    { source: 'environment', values: process.env },
    { source: project ? devVarsName(project) : '.dev.vars', values: vars },
  ] as const
  for (const name of TOKEN_NAMES) {
    for (const { source, values } of places) {
      const value = values[name]?.trim()
      if (value && value !== TOKEN_PLACEHOLDER) return { name, value, source }
    }
  }
  return undefined
}

/** Where the router is. */
export function findRouterUrl(project: Project | undefined): string {
  const given = process.env['HF_BASE_URL']?.trim() || readDevVars(project)['HF_BASE_URL']?.trim() || ROUTER_BASE_URL
  return given.replace(/\/+$/, '')
}

/** What is wrong with the text of a token, before anybody is asked. Never quotes it. */
export function checkTokenText(token: string): string | undefined {
  if (token.trim() === '') return 'A token is needed.'
  return /^[\x21-\x7e]+$/.test(token.trim()) ? undefined : 'A token has no spaces in it: copy it again.'
}

/** The router's list of models. The error says why there is none. */
export async function fetchModels(
  baseUrl: string,
  token: string | undefined,
  limitMs = LIST_LIMIT_MS,
): Promise<Result<Listed, string>> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const answer = await call(`${baseUrl}/models`, { headers, limitMs })
    const rows = listOf(fieldOf(answer.body, 'data')).filter(isModel)
    if (answer.status !== 200) return err(`${baseUrl}/models answered ${answer.status}: ${errorTextOf(answer)}`)
    if (rows.length === 0) return err(`${baseUrl}/models sent no list of models`)
    return ok({ models: rows, dateHeader: answer.headers.get('date') ?? undefined })
  } catch (error) {
    return err(messageOf(error))
  }
}

/** The list, and the router's clock as it was sent. */
export type Listed = { readonly models: readonly RouterModel[]; readonly dateHeader: string | undefined }

/**
 * Asks the router whether a token may make calls, by the smallest call there is: one token of a cheap model. The
 * list of models is public, so it proves nothing.
 */
export async function checkToken(baseUrl: string, token: string, model: string): Promise<TokenVerdict> {
  const body = JSON.stringify({ model, max_tokens: 1, stream: false, messages: [{ role: 'user', content: 'Hi' }] })
  try {
    const answer = await call(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      limitMs: 60_000,
    })
    return judgeToken(answer)
  } catch (error) {
    return { kind: 'unknown', why: messageOf(error) }
  }
}

/** What an answer to a call says about the token it was made with. */
export function judgeToken(answer: Answer): TokenVerdict {
  const { status } = answer
  if (status < 300) return { kind: 'good' }
  if (status === 401) return { kind: 'bad', why: `Hugging Face does not know this token. Make one: ${TOKEN_PAGE}` }
  if (status === 403) {
    const why = `The token lacks the permission "${PERMISSION}". Add it, or make a token that has it: ${TOKEN_PAGE}`
    return { kind: 'bad', why }
  }
  const said = errorTextOf(answer)
  if (status === 402) return { kind: 'no_credit', why: `The token works, but the account has no credit left: ${said}` }
  // Whom it knows is checked before what they ask for: these are about the model, or about the request.
  if ([400, 404, 422].includes(status)) return { kind: 'good' }
  return { kind: 'unknown', why: `the router answered ${status}: ${said}` }
}

/** A model that costs next to nothing to ask: the least price per output token of all that are live. */
export function cheapestModel(models: readonly RouterModel[]): string {
  const priced = models.flatMap(({ id, providers }) =>
    listOf(providers).flatMap((provider) => {
      const output = fieldOf(fieldOf(provider, 'pricing'), 'output')
      const isLive = fieldOf(provider, 'status') === 'live'
      return isLive && typeof output === 'number' && output > 0 ? [{ id, output }] : []
    }),
  )
  const best = priced.sort((a, b) => a.output - b.output)[0]
  return best ? `${best.id}:cheapest` : 'Qwen/Qwen3-8B'
}

function isModel(row: unknown): row is RouterModel {
  return typeof fieldOf(row, 'id') === 'string' && fieldOf(row, 'id') !== ''
}
