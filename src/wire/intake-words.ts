import type { Failure } from '../core/failure.ts'
import { invalid, type StatusWords, server } from './status-words.ts'

const KINDS = [
  'unauthorized',
  'too_many_guesses',
  'storage_unreadable',
  'bad_settings',
  'body_too_large',
  'unsupported_encoding',
  'origin_not_allowed',
  'body_too_slow',
  'too_many_bodies',
] as const

/** What is refused before the request itself is looked at: its credential, its size, or for want of a setting or storage. */
export type IntakeFailure = Extract<Failure, { kind: (typeof KINDS)[number] }>

export const isIntakeFailure = (failure: Failure): failure is IntakeFailure =>
  KINDS.some((kind) => kind === failure.kind)

type IntakeWords = StatusWords & { readonly headers?: Readonly<Record<string, string>> }

export function describeIntakeFailure(failure: IntakeFailure): IntakeWords {
  switch (failure.kind) {
    case 'unauthorized':
      return unauthorized(failure)
    case 'too_many_guesses':
      return tooManyGuesses(failure.waitMs)
    case 'storage_unreadable':
      return unreadable(failure.what)
    case 'bad_settings':
      return server(503, 'not_configured', failure.problems.join(' '))
    case 'body_too_large':
      return invalid(413, 'request_too_large', `The body is larger than ${failure.maxBytes} bytes. Send less of it.`)
    case 'unsupported_encoding':
      return {
        ...invalid(
          415,
          'unsupported_encoding',
          `The body is compressed as "${failure.encoding}", which is not read here. Send it as ${failure.accepted.join(' or ')}, or as it is.`,
        ),
        headers: { 'accept-encoding': failure.accepted.join(', ') },
      }
    case 'origin_not_allowed':
      return invalid(403, 'origin_not_allowed', originNotAllowed(failure))
    case 'body_too_slow':
      return invalid(408, 'request_timeout', `The body took longer than ${failure.limitMs / 1_000} seconds to arrive.`)
    case 'too_many_bodies':
      return {
        ...server(
          503,
          'overloaded',
          'Service Unavailable: other large requests are on their way. Send it again in a second.',
        ),
        headers: COME_AGAIN,
      }
  }
}

function unauthorized({ scope, isMissing }: Extract<IntakeFailure, { kind: 'unauthorized' }>): IntakeWords {
  const message =
    scope === 'client'
      ? `Unauthorized: ${isMissing ? 'no API key came' : 'invalid API key'}. Send Authorization: Bearer <a key of this gateway>.`
      : 'Unauthorized: /admin and /metrics take Authorization: Bearer <HUGWAY_ADMIN_TOKEN> and no other key.'
  return {
    status: 401,
    type: 'authentication_error',
    code: 'invalid_api_key',
    message,
    headers: { 'www-authenticate': 'Bearer' },
  }
}

function originNotAllowed({ origin, hasOrigins }: Extract<IntakeFailure, { kind: 'origin_not_allowed' }>): string {
  const named = hasOrigins ? `hugway.cors.origins does not name ${origin}` : 'hugway.cors.origins names no origin'
  return `Pages of ${origin} may not call this gateway: ${named}. Its operator can add it to the configuration.`
}

function tooManyGuesses(waitMs: number): IntakeWords {
  const seconds = Math.ceil(waitMs / 1_000)
  return {
    status: 429,
    type: 'rate_limit_error',
    code: 'too_many_guesses',
    message: `Too many credentials from this address were wrong. Send a good one in ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds) },
  }
}

/** What passes within a moment: the official SDKs are told to repeat it. */
function unreadable(what: 'keys' | 'configuration'): IntakeWords {
  const unknown = what === 'keys' ? 'whether this API key is good' : 'by which configuration to serve'
  return {
    ...server(503, 'storage_unavailable', `Service Unavailable: KV did not say ${unknown}. Send it again in a second.`),
    headers: COME_AGAIN,
  }
}

const COME_AGAIN = { 'retry-after': '1', 'x-should-retry': 'true' }
