import { chatWire } from '../../wire/chat/wire.ts'
import type { CompletionSurface } from '../completion-response.ts'

/** `POST /v1/chat/completions`, streamed or not. */
export const chatSurface: CompletionSurface = { path: '/v1/chat/completions', wire: chatWire }
