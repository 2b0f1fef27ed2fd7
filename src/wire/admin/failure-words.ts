import type { Failure } from '../../core/failure.ts'
import { invalid, type StatusWords, server } from '../status-words.ts'

export type AdminFailure = Extract<
  Failure,
  {
    kind:
      | 'config_changed'
      | 'unknown_version'
      | 'unsupported_media_type'
      | 'unknown_key'
      | 'key_not_active'
      | 'storage_unavailable'
      | 'catalog_refresh_failed'
      | 'sign_in_refused'
      | 'unknown_project'
  }
>

/** Words for what only an operator meets. */
export function describeAdminFailure(failure: AdminFailure): StatusWords & { readonly param?: string | null } {
  switch (failure.kind) {
    case 'config_changed':
      return invalid(
        412,
        'config_changed',
        `The configuration was changed in the meantime (now: ${failure.current}); nothing was written. Read it again.`,
      )
    case 'unknown_version':
      return { ...invalid(404, 'unknown_version', `There is no version ${failure.id}.`), param: failure.param ?? null }
    case 'unsupported_media_type':
      return invalid(415, 'unsupported_media_type', `Send it with content-type ${failure.accepted.join(' or ')}.`)
    case 'unknown_key':
      return invalid(404, 'unknown_key', `There is no key with the id ${failure.id}: GET /admin/keys.`)
    case 'key_not_active':
      return invalid(409, 'key_not_active', `The key ${failure.id} is ${failure.status}; create a new one.`)
    case 'storage_unavailable':
      return server(503, 'storage_unavailable', 'KV did not answer; nothing was changed. Send it again.')
    case 'unknown_project':
      return {
        ...invalid(
          404,
          'unknown_project',
          `There is no project ${failure.id}. Known: ${failure.known.join(', ')}. hugway.projects of the configuration makes one.`,
        ),
        param: failure.param ?? null,
      }
    case 'sign_in_refused':
      return describeSignIn(failure.why)
    case 'catalog_refresh_failed':
      return server(
        502,
        'catalog_refresh_failed',
        `The router gave no list (${failure.reason}); the last good one stays.`,
      )
  }
}

function describeSignIn(why: (AdminFailure & { kind: 'sign_in_refused' })['why']): StatusWords {
  switch (why) {
    case 'token':
      return invalid(401, 'sign_in_refused', 'This is neither the admin token nor an active client key.')
    case 'code':
      return invalid(
        401,
        'sign_in_refused',
        'This link was used already, is older than five minutes, or is of another machine: start again, or sign in with the admin token.',
      )
    case 'access':
      return invalid(401, 'sign_in_refused', 'Cloudflare Access did not vouch for you: sign in with the admin token.')
    case 'cross_site':
      return invalid(403, 'cross_site', 'Another site asked for this; only the console itself may.')
  }
}
