import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/failure.ts'
import { type Caller, CONSOLE_CALLER } from '../../core/identity/caller.ts'
import {
  formatSession,
  readSession,
  readSignInCode,
  SESSION_MS,
  type Session,
  wrongTryDelayMs,
} from '../../core/identity/session.ts'
import type { Log } from '../../core/log.ts'
import type { SignInMemory } from '../../isolate/sign-in-memory.ts'
import { toBase64Url } from '../../json/bytes.ts'
import type { FindOptions } from '../../kv/api-key-store.ts'
import { digestOfKey, type KeyCheck, type Origin } from '../keys/check-key.ts'
import type { AccessCheck } from './access-jwt.ts'
import { createSigner } from './signature.ts'

export type SessionDeps = {
  readonly adminToken: string | undefined
  readonly keys: Pick<KeyCheck, 'isAdminToken' | 'findCaller'>
  readonly memory: SignInMemory
  /** Absent where Cloudflare Access does not stand in front. */
  readonly access: AccessCheck | undefined
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  readonly log: Log
}

/**
 * What somebody signs in with: the admin token or a client key, the code of the link that `npm start` printed, or what
 * Cloudflare Access says of him.
 */
export type SignInRequest = (
  | { readonly token: string }
  | { readonly code: string }
  | { readonly access: string | undefined }
) & {
  /** Whether the browser runs on the same machine. */
  readonly isLoopback: boolean
}

export type SessionContext = FindOptions & Origin

/** A session as its cookie carries it. */
export type OpenedSession = { readonly session: Session; readonly cookie: string }

const NONCE_BYTES = 12

/**
 * Opens a session. It is signed with the admin token: a new token ends all of them.
 *
 * @throws {GatewayError} `sign_in_refused`, after a while that grows with the wrong tries; `storage_unreadable`;
 *   `too_many_guesses`.
 */
export async function signIn(deps: SessionDeps, request: SignInRequest, ctx: SessionContext): Promise<OpenedSession> {
  const signer = createSigner(deps.adminToken ?? '')
  const who = deps.adminToken === undefined ? undefined : await recognize(deps, request, ctx)
  const by = 'code' in request ? 'code' : 'access' in request ? 'access' : 'token'
  if (!who) {
    const wrongTries = deps.memory.countWrongTry()
    deps.log('sign_in_refused', { requestId: ctx.requestId, address: ctx.address, by, wrongTries })
    await deps.clock.wait(wrongTryDelayMs(wrongTries))
    throw new GatewayError({ kind: 'sign_in_refused', why: by })
  }
  const session: Session = { ...who, expiresAt: deps.clock.now() + SESSION_MS }
  deps.log('signed_in', { requestId: ctx.requestId, as: who.kind, by })
  const payload = formatSession(session, toBase64Url(deps.randomBytes(NONCE_BYTES)))
  return { session, cookie: await signer.sign('session', payload) }
}

type Who = { readonly kind: 'admin' } | { readonly kind: 'key'; readonly keyDigest: string }

async function recognize(deps: SessionDeps, request: SignInRequest, ctx: SessionContext): Promise<Who | undefined> {
  if ('code' in request) {
    const payload = await createSigner(deps.adminToken ?? '').open('sign-in code', request.code)
    const code = payload === undefined ? undefined : readSignInCode(payload, deps.clock.now())
    const isGood = request.isLoopback && code !== undefined && deps.memory.spend(code.nonce, code.expiresAt)
    return isGood ? { kind: 'admin' } : undefined
  }
  if ('access' in request) {
    const isVouchedFor = request.access !== undefined && (await deps.access?.(request.access))
    return isVouchedFor ? { kind: 'admin' } : undefined
  }
  if (deps.keys.isAdminToken(request.token)) return { kind: 'admin' }
  const keyDigest = await digestOfKey(request.token)
  return (await deps.keys.findCaller(keyDigest, ctx.address, ctx)) ? { kind: 'key', keyDigest } : undefined
}

/** The session behind a cookie; nothing where it is not one of ours, was signed with another token, or has expired. */
export async function openSession(
  { adminToken, clock }: Pick<SessionDeps, 'adminToken' | 'clock'>,
  cookie: string | undefined,
): Promise<Session | undefined> {
  if (cookie === undefined || adminToken === undefined) return undefined
  const payload = await createSigner(adminToken).open('session', cookie)
  return payload === undefined ? undefined : readSession(payload, clock.now())
}

/** Who calls `/v1` in a session; nothing where its key was revoked or has expired since. */
export async function callerOfSession(
  { keys }: Pick<SessionDeps, 'keys'>,
  session: Session,
  options: FindOptions,
): Promise<Caller | undefined> {
  // Its signature says that the key was good once, so it is no guess and has no address.
  return session.kind === 'admin' ? CONSOLE_CALLER : keys.findCaller(session.keyDigest, undefined, options)
}
