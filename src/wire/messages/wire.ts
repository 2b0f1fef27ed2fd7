import { ok } from '../../core/result.ts'
import { readMapped } from '../read-mapped.ts'
import type { SurfaceWire } from '../surface.ts'
import { createMessagesEncoder } from './events.ts'
import { mapMessagesRequest } from './request.ts'

/** Anthropic's Messages API. */
export const messagesWire: SurfaceWire = {
  name: 'messages',
  read(body) {
    const read = readMapped(body, mapMessagesRequest)
    if (!read.ok) return read
    const { mapped, ...chat } = read.value
    return ok({
      ...chat,
      session: mapped.session,
      effort: mapped.effort,
      createEncoder: ({ newId, requestId }) =>
        createMessagesEncoder(mapped, { id: newId().replaceAll('-', ''), requestId }),
      droppedTools: mapped.droppedTools,
    })
  },
  mayPassThrough: false,
  afterError: 'close',
  clampsMaxTokens: true,
}
