import { expect, test } from 'vitest'
import { errorOf, type Pair } from './start-pair.ts'

/** What an official SDK is asked to do, whichever API it speaks. */
export type Speaker = {
  /** The gateway and its upstream; there once the tests run. */
  readonly pair: () => Pair
  readonly send: (model: string) => Promise<unknown>
  /** Reads a stream to its end. */
  readonly read: (model: string) => Promise<unknown>
  /** Sends with a key that is none. */
  readonly sendAsStranger: () => Promise<unknown>
  readonly errors: {
    readonly APIError: ErrorClass
    readonly AuthenticationError: ErrorClass
    readonly RateLimitError: ErrorClass
  }
}

type ErrorClass = new (...args: never[]) => Error & { readonly headers?: Headers | undefined }

/** Errors that every SDK raises as its own. */
export function testRaisedErrors({ pair, send, read, sendAsStranger, errors }: Speaker): void {
  test('of the client’s key is one', async () => {
    const error = await errorOf(sendAsStranger())
    expect(error).toBeInstanceOf(errors.AuthenticationError)
    expect(error).toMatchObject({ status: 401 })
  })

  test('of a busy upstream is a rate limit with its wait, asked for once', async () => {
    const error = await errorOf(send('test/busy'))
    if (!(error instanceof errors.RateLimitError)) throw error
    expect(error.headers?.get('retry-after')).toBe('120')
    expect(pair().requestsFor('test/busy')).toHaveLength(1)
  })

  test.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
    'after the first token of %s is raised',
    async (model) => {
      const error = await errorOf(read(model))
      expect(error).toBeInstanceOf(errors.APIError)
      expect(error.message).toMatch(/incomplete|gave up/)
    },
  )
}
