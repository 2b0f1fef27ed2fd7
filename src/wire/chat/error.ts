import type { AttemptReport } from '../../core/routing/outcome.ts'
import { describeThrown } from '../failure-words.ts'

/** OpenAI's error object. `attempts` and `problems` are ours: clients ignore members they do not know. */
export type ErrorBody = {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
    readonly attempts?: readonly AttemptReport[]
    readonly problems?: readonly { readonly path: string; readonly message: string }[]
  }
}

/** A failure in OpenAI's envelope: the body of an answer, or an event of one that has begun. */
export function toErrorBody(thrown: unknown): ErrorBody {
  const { status: _status, headers: _headers, ...error } = describeThrown(thrown)
  return { error: { param: null, ...error } }
}
