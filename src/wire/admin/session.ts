import * as z from 'zod/mini'
import type { Failure } from '../../core/failure.ts'
import type { Session } from '../../core/identity/session.ts'
import { once } from '../../core/once.ts'
import { err, ok, type Result } from '../../core/result.ts'

const SECRET = 'must be a text of 1 to 1024 characters'
const secret = once(() => z.string(SECRET).check(z.regex(/^\S{1,1024}$/, SECRET)))

/**
 * `POST /admin/session`: the admin token, a client key, the code of the link that `npm start` printed, or `access`
 * where Cloudflare Access vouches for the browser by a header.
 */
export const signInSchema = once(() =>
  z.union([
    z.strictObject({ token: secret() }),
    z.strictObject({ code: secret() }),
    z.strictObject({ access: z.literal(true) }),
  ]),
)

/** What is told of a session. */
export type SessionReport = {
  /** `admin` may do everything; `key` sees what belongs to its own key. */
  readonly kind: Session['kind']
  /** ISO 8601. */
  readonly expiresAt: string
}

export function readSignIn(body: unknown): Result<z.infer<ReturnType<typeof signInSchema>>, Failure> {
  const parsed = signInSchema().safeParse(body)
  if (parsed.success) return ok(parsed.data)
  const message =
    'The body must be {"token": "<admin token or client key>"}, {"code": "<of the link>"} or {"access": true}.'
  return err({ kind: 'bad_request', message })
}

export function toSessionReport({ kind, expiresAt }: Session): SessionReport {
  return { kind, expiresAt: new Date(expiresAt).toISOString() }
}
