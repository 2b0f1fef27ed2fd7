import { ok } from '../../core/result.ts'
import { readMapped } from '../read-mapped.ts'
import type { SurfaceWire } from '../surface.ts'
import { createResponsesEncoder } from './events.ts'
import { mapResponsesRequest } from './request.ts'

/** OpenAI's Responses API, without its store. */
export const responsesWire: SurfaceWire = {
  name: 'responses',
  read(body) {
    const read = readMapped(body, mapResponsesRequest)
    if (!read.ok) return read
    const { mapped, ...chat } = read.value
    return ok({
      ...chat,
      session: mapped.session,
      createEncoder: ({ newId, startedAt, now }) =>
        createResponsesEncoder(mapped, { id: newId().replaceAll('-', ''), startedAt, now }),
      droppedTools: mapped.droppedTools,
    })
  },
  mayPassThrough: false,
  afterError: 'close',
  clampsMaxTokens: false,
  quotaStatus: 429,
}
