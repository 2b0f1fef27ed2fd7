import * as z from 'zod/mini'
import { adviceFor } from '../../core/config/known-keys.ts'
import { PROJECT_ID, scopeChangeFields, scopeFields } from '../../core/config/scopes-schema.ts'
import { looksSecret } from '../../core/config/secrets.ts'
import type { Failure } from '../../core/failure.ts'
import { once } from '../../core/once.ts'
import { quote } from '../../core/quote.ts'
import { err, ok, type Result } from '../../core/result.ts'

/** What a new key is to be. At most one of the two expiries. */
export type NewKeyRequest = z.infer<ReturnType<typeof newKeySchema>>
/** What is to be other about a key: a merge patch. */
export type ChangeKeyRequest = z.infer<ReturnType<typeof changeKeySchema>>
/** How a key is replaced. */
export type RotateKeyRequest = z.infer<ReturnType<typeof rotateKeySchema>>
/** Which version to go back to. */
export type RollbackRequest = z.infer<ReturnType<typeof rollbackSchema>>

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/
const days = (min: number, max: number) => {
  const accepted = `must be a whole number of days from ${min} to ${max}`
  return z.int(accepted).check(z.minimum(min, accepted), z.maximum(max, accepted))
}
const NAME = 'must be a text of 1 to 100 printable characters'
const WHEN = 'must be a time in ISO 8601, such as 2027-01-31T00:00:00Z'
const time = once(() => z.string(WHEN).check(z.regex(TIME, WHEN)))
const expiry = once(() => ({ expiresAt: z.exactOptional(time()), expiresInDays: z.exactOptional(days(1, 3_650)) }))

const name = once(() => z.string(NAME).check(z.regex(/^(?=.*\S)[^\p{Cc}\p{Cf}]{1,100}$/u, NAME)))
const PROJECT = 'must be the id of a project'
const project = once(() => z.string(PROJECT).check(z.regex(PROJECT_ID, PROJECT)))

/** `POST /admin/keys`. */
export const newKeySchema = once(() =>
  z.strictObject(
    { name: name(), project: z.exactOptional(project()), ...scopeFields(), ...expiry() },
    'must be an object such as {"name": "laptop"}',
  ),
)

/** `PATCH /admin/keys/<id>`. */
export const changeKeySchema = once(() =>
  z.strictObject(
    {
      name: z.exactOptional(name()),
      project: z.exactOptional(project()),
      ...scopeChangeFields(),
      expiresAt: z.exactOptional(z.nullable(time())),
      disabled: z.exactOptional(z.boolean('must be true or false')),
    },
    'must be an object such as {"budget": {"usd": 20, "per": "month"}}',
  ),
)

/** `POST /admin/keys/<id>/rotate`. */
export const rotateKeySchema = once(() =>
  z.strictObject(
    { overlapDays: z.exactOptional(days(0, 365)), ...expiry() },
    'must be an object such as {"overlapDays": 7}',
  ),
)

/** `POST /admin/config/rollback`. */
export const rollbackSchema = once(() =>
  z.strictObject({ to: z.string('must be the id of a version') }, 'must be an object such as {"to": "<id>"}'),
)

/** Reads a new key's name and expiry. The refusal names the field. */
export function readNewKey(body: unknown): Result<NewKeyRequest, Failure> {
  const parsed = read(newKeySchema(), body)
  if (!parsed.ok) return parsed
  if (looksSecret(parsed.value.name)) return refuse('name', 'must not be a key')
  return withOneExpiry({ ...parsed.value, name: parsed.value.name.trim() })
}

/** Reads what is to be other about a key. The refusal names the field. */
export function readChangeKey(body: unknown): Result<ChangeKeyRequest, Failure> {
  const parsed = read(changeKeySchema(), body)
  if (!parsed.ok) return parsed
  const { name, expiresAt } = parsed.value
  if (name !== undefined && looksSecret(name)) return refuse('name', 'must not be a key')
  if (expiresAt && Number.isNaN(Date.parse(expiresAt))) return refuse('expiresAt', WHEN)
  return parsed
}

/** Reads how a key is replaced. The refusal names the field. */
export function readRotateKey(body: unknown): Result<RotateKeyRequest, Failure> {
  const parsed = read(rotateKeySchema(), body)
  return parsed.ok ? withOneExpiry(parsed.value) : parsed
}

/** Reads which version to go back to. */
export function readRollback(body: unknown): Result<RollbackRequest, Failure> {
  return read(rollbackSchema(), body)
}

function withOneExpiry<T extends RotateKeyRequest | NewKeyRequest>(request: T): Result<T, Failure> {
  const { expiresAt, expiresInDays } = request
  if (expiresAt !== undefined && expiresInDays !== undefined) return refuse('expiresAt', 'or expiresInDays, not both')
  if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt))) return refuse('expiresAt', WHEN)
  return ok(request)
}

function read<T extends z.ZodMiniType>(schema: T, body: unknown): Result<z.infer<T>, Failure> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const name = [...issue.path, quote(key)].join('.')
    return err({
      kind: 'bad_request',
      message: `${name} is not a field of this request; ${adviceFor(key, schema, issue.path)}`,
      param: name,
    })
  }
  return refuse(issue?.path.join('.') || 'the body', issue?.message ?? 'is not accepted')
}

function refuse(param: string, message: string): Result<never, Failure> {
  return err({ kind: 'bad_request', message: `${param} ${message}.`, param })
}
