import { quote } from '../quote.ts'
import { err, ok, type Result } from '../result.ts'

declare const brand: unique symbol
/** A Hub repo id with exactly one slash, e.g. `Qwen/Qwen3-8B`. Made only by {@link parseModelRef}. */
export type HubModelId = string & { readonly [brand]: 'HubModelId' }

/** How the router picks a backend. `default` sends no suffix, so the router's own rule applies. */
export type Routing =
  | { readonly kind: 'default' }
  | { readonly kind: 'policy'; readonly policy: (typeof POLICIES)[number] }
  | { readonly kind: 'provider'; readonly provider: string }

export type ModelRef = { readonly id: HubModelId; readonly routing: Routing }

/** Why a text is not a model ref. `text` is shortened, so that an error message stays readable. */
export type ModelRefError = { readonly reason: 'not_a_model_ref'; readonly text: string }

const POLICIES = ['fastest', 'cheapest', 'preferred'] as const

/** What every refusal of a model ref quotes. */
export const MODEL_REF_FORM = 'huggingface/<org>/<model>[:fastest|:cheapest|:preferred|:<provider>]'

// The Hub's own rule for repo ids: letters, digits, `_`, `.`, `-`; at most 96 characters a part, ending in a word
// character. `..` never occurs in one, and refusing it keeps path tricks out.
const MODEL_ID = /^(?!.*\.\.)(?:\w|\w[\w.-]{0,94}\w)\/(?:\w|\w[\w.-]{0,94}\w)$/
const PROVIDER = /^[a-z\d](?:[\w-]{0,62}[a-z\d])?$/i
const PREFIX = /^huggingface\//i

/** Parses `[huggingface/]<org>/<model>[:<policy or provider>]`. Never throws. */
export function parseModelRef(text: string): Result<ModelRef, ModelRefError> {
  const [id = '', suffix, ...rest] = text.replace(PREFIX, '').split(':')
  if (!MODEL_ID.test(id) || rest.length > 0) return err(notAModelRef(text))
  const model = id as HubModelId // the one cast: the line above earned it
  if (suffix === undefined) return ok({ id: model, routing: { kind: 'default' } })
  const policy = POLICIES.find((name) => name === suffix)
  if (policy) return ok({ id: model, routing: { kind: 'policy', policy } })
  if (PROVIDER.test(suffix)) return ok({ id: model, routing: { kind: 'provider', provider: suffix } })
  return err(notAModelRef(text))
}

/** The form that clients see and send: `huggingface/<org>/<model>[:suffix]`. Two refs are the same if this text is. */
export function formatModelRef(ref: ModelRef): string {
  return `huggingface/${toRouterModel(ref)}`
}

/** What the router is sent as `model`: everything after the prefix, exactly as it was written. */
export function toRouterModel(ref: ModelRef): string {
  if (ref.routing.kind === 'default') return ref.id
  return `${ref.id}:${ref.routing.kind === 'policy' ? ref.routing.policy : ref.routing.provider}`
}

/** Says what is wrong with `text` and quotes the accepted form. */
export function describeModelRefError(error: ModelRefError): string {
  return `"${error.text}" is not a model this gateway knows. Send an alias of the configuration or ${MODEL_REF_FORM}.`
}

function notAModelRef(text: string): ModelRefError {
  const quoted = quote(text)
  return { reason: 'not_a_model_ref', text: quoted.length < text.length ? `${quoted}...` : quoted }
}
