import { GatewayError } from '../core/failure.ts'

/**
 * Waits for work on KV.
 *
 * @throws {GatewayError} `storage_unavailable` for whatever KV throws.
 */
export async function fromKv<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new GatewayError({ kind: 'storage_unavailable' }, { cause })
  }
}
