import { type Failure, GatewayError } from '../core/failure.ts'
import { err, ok, type Result } from '../core/result.ts'
import { type Fields, isFields } from './chat/chunk.ts'

/** @throws {GatewayError} `bad_request`, naming the field by its path in the body. */
export function refuse(param: string, message: string): never {
  throw new GatewayError({ kind: 'bad_request', message: `${param}: ${message}`, param })
}

/** Turns what {@link refuse} threw below a request mapper into the mapper's result. Anything else is a bug. */
export function catchRefusal<T>(map: () => T): Result<T, Failure> {
  try {
    return ok(map())
  } catch (thrown) {
    if (thrown instanceof GatewayError) return err(thrown.failure)
    // The stack is the only thing that a deeply nested value exhausts, in JSON.stringify.
    if (thrown instanceof RangeError) return err({ kind: 'bad_request', message: 'The body is nested too deeply.' })
    throw thrown
  }
}

/** @throws {GatewayError} Where the value is no JSON object. */
export function fieldsAt(value: unknown, path: string): Fields {
  return isFields(value) ? value : refuse(path, 'must be an object.')
}

/** @throws {GatewayError} Where the value is no list. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(path, 'must be a list.')
}

/** @throws {GatewayError} Where the member is no text, or an empty one. */
export function textAt(fields: Fields, name: string, path: string): string {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : refuse(`${path}.${name}`, 'must be a text.')
}

/** A count of tokens. @throws {GatewayError} Where it is there and no whole number above zero. */
export function countAt(fields: Fields, name: string): number | undefined {
  const value = fields[name]
  if (isAbsent(value)) return undefined
  return typeof value === 'number' && Number.isInteger(value) && value > 0
    ? value
    : refuse(name, 'must be a whole number above zero.')
}

/** Whether a member says nothing: missing or null. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/** The members of this list that say something, as they came. */
export function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (isAbsent(fields[name]) ? [] : [[name, fields[name]]])))
}

/** A text; anything else says nothing. */
export function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
