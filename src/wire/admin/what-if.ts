import * as z from 'zod/mini'
import type { Failure } from '../../core/failure.ts'
import { once } from '../../core/once.ts'
import { err, ok, type Result } from '../../core/result.ts'

/** `POST /admin/config/what-if`: a document that is not stored, as text, and a chat body that is not sent. */
export const whatIfSchema = once(() =>
  z.strictObject({ config: z.string(), request: z.record(z.string(), z.unknown()) }),
)

export function readWhatIf(body: unknown): Result<z.infer<ReturnType<typeof whatIfSchema>>, Failure> {
  const parsed = whatIfSchema().safeParse(body)
  if (parsed.success) return ok(parsed.data)
  const message = 'The body must be {"config": "<a document as text>", "request": {<a chat request>}}.'
  return err({ kind: 'bad_request', message })
}
