import { ok } from '../../core/result.ts'
import type { SurfaceWire } from '../surface.ts'
import { createChatEncoder } from './encoder.ts'
import { parseChatRequest } from './request.ts'

/** The surface that the router speaks itself: bodies go up as they came, and a clean stream comes down unread. */
export const chatWire: SurfaceWire = {
  name: 'chat',
  read(body) {
    const chat = parseChatRequest(body)
    return chat.ok ? ok({ chat: chat.value, createEncoder: createChatEncoder }) : chat
  },
  mayPassThrough: true,
  afterError: 'abort',
  clampsMaxTokens: false,
}
