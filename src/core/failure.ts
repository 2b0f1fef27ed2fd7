import type { KeyStatus } from './identity/api-key.ts'
import type { BudgetRule } from './identity/scopes.ts'
import type { BoundOwner } from './limits/bound.ts'
import type { Dropped } from './routing/dropped.ts'
import type { ModelRefError } from './routing/model-ref.ts'
import type { AttemptReport, UpstreamError } from './routing/outcome.ts'

/** One thing that is wrong with a configuration document: where, and what would be right. */
export type Problem = { readonly path: string; readonly message: string }

/** Everything the gateway may refuse or fail with. One arm per cause; its words are in `wire/failure-words`. */
export type Failure =
  | { readonly kind: 'bad_request'; readonly message: string; readonly param?: string }
  | { readonly kind: 'body_too_large'; readonly maxBytes: number }
  | { readonly kind: 'body_too_slow'; readonly limitMs: number }
  /** The bodies of other requests take all the room that this isolate has for them. */
  | { readonly kind: 'too_many_bodies' }
  /** `isMissing`: no credential came at all. */
  | { readonly kind: 'unauthorized'; readonly scope: 'client' | 'admin'; readonly isMissing?: boolean }
  /** Too many credentials from one address were none. */
  | { readonly kind: 'too_many_guesses'; readonly waitMs: number }
  /** KV did not say, and no copy stands in for it: unknown is neither absent nor invalid. */
  | { readonly kind: 'storage_unreadable'; readonly what: 'keys' | 'configuration' }
  | { readonly kind: 'bad_settings'; readonly problems: readonly string[] }
  | { readonly kind: 'bad_model'; readonly detail: ModelRefError; readonly nearestAlias?: string }
  | { readonly kind: 'unknown_model'; readonly model: string }
  /** The name is the alias of several refs. */
  | { readonly kind: 'ambiguous_model'; readonly model: string; readonly refs: readonly string[] }
  | { readonly kind: 'unknown_route'; readonly method: string; readonly path: string; readonly hint?: string }
  /** The wishes about providers leave nobody who may be asked. */
  | {
      readonly kind: 'no_provider_matches'
      readonly models: readonly { readonly model: string; readonly dropped: readonly Dropped[] }[]
    }
  | { readonly kind: 'method_not_allowed'; readonly method: string; readonly allowed: readonly string[] }
  | { readonly kind: 'bad_config'; readonly problems: readonly Problem[] }
  | { readonly kind: 'config_not_stored' }
  /** The precondition of a write does not hold; `current` is the tag of what is stored now. */
  | { readonly kind: 'config_changed'; readonly current: string }
  | { readonly kind: 'unknown_version'; readonly id: string; readonly param?: string }
  | { readonly kind: 'unsupported_media_type'; readonly accepted: readonly string[] }
  | { readonly kind: 'unsupported_encoding'; readonly encoding: string; readonly accepted: readonly string[] }
  /** A browser asked whether a page of this origin may call, and the configuration does not name it. */
  | { readonly kind: 'origin_not_allowed'; readonly origin: string; readonly hasOrigins: boolean }
  | { readonly kind: 'unknown_key'; readonly id: string }
  | { readonly kind: 'key_not_active'; readonly id: string; readonly status: Exclude<KeyStatus, 'active'> }
  /** KV did not answer or did not take a write that is not the configuration. */
  | { readonly kind: 'storage_unavailable' }
  | { readonly kind: 'catalog_refresh_failed'; readonly reason: string }
  | { readonly kind: 'sign_in_refused'; readonly why: 'token' | 'code' | 'access' | 'cross_site' }
  | {
      readonly kind: 'unknown_project'
      readonly id: string
      readonly known: readonly string[]
      readonly param?: string
    }
  /** A budget does not cover the request; `resetsAt` in milliseconds since the epoch, absent where it never does. */
  | {
      readonly kind: 'quota_exceeded'
      readonly owner: BoundOwner
      readonly limitUsd: number
      readonly per: BudgetRule['per']
      readonly resetsAt?: number
    }
  /** `held`: the money is there, but other requests that are under way hold it. */
  | {
      readonly kind: 'rate_limited'
      readonly owner: BoundOwner
      readonly what: 'requests' | 'tokens' | 'concurrent' | 'held'
      /** Of requests or tokens: how many a minute. */
      readonly perMinute?: number | undefined
      readonly retryAfterMs: number
    }
  /** More than a whole minute's tokens in one request: waiting does not help. */
  | { readonly kind: 'request_over_limit'; readonly owner: BoundOwner; readonly tokens: number; readonly limit: number }
  /** A key with a money budget asked for models that have no price. */
  | { readonly kind: 'unpriced_model'; readonly models: readonly string[] }
  | {
      readonly kind: 'model_not_allowed'
      readonly model: string
      readonly owner: BoundOwner
      readonly allowed: readonly string[]
    }
  /** A key with a bound cannot be served, because nobody knows what is left of it. */
  | { readonly kind: 'ledger_unavailable'; readonly reason: 'no_binding' | 'no_answer' | 'no_prices' }
  /** An upstream said that the request itself is at fault; `status` is its own, 400 to 499. */
  | {
      readonly kind: 'upstream_refused'
      readonly status: number
      readonly message: string
      readonly type?: string
      readonly code?: string
      readonly param?: string
    }
  | { readonly kind: 'context_overflow'; readonly message: string }
  | {
      readonly kind: 'all_attempts_failed'
      readonly attempts: readonly AttemptReport[]
      readonly retryAfterMs?: number
    }
  /** Nobody is left to read it; it ends the work and shows in the log. */
  | { readonly kind: 'client_gone' }
  /** The answer had begun; what was sent of it must not be taken for a whole one. */
  | { readonly kind: 'interrupted'; readonly why: Interruption; readonly target: string }
  /** The answer had begun, and the upstream ended it with an error of its own. */
  | {
      readonly kind: 'upstream_error'
      readonly error: UpstreamError
      /** Its error object as it came, less its secrets: for clients of the surface that it was written for. */
      readonly sent?: Readonly<Record<string, unknown>>
    }

/** What ended an answer that had begun. */
export type Interruption = 'cut' | 'stalled' | 'out_of_time' | 'unreadable'

/** The one error class that crosses function boundaries. Anything else that is thrown is a bug and becomes a 500. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.kind, options)
    this.failure = failure
  }
}
