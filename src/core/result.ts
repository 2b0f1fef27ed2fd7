/** The outcome of something that may be refused for a reason the caller is expected to handle. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Wraps a value that was accepted. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value })

/** Wraps the reason of a refusal. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error })
