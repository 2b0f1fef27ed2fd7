import { chatWire } from '../../wire/chat/wire.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { answerCompletion } from './answer-completion.ts'

const PATH = '/v1/chat/completions'

/** `POST /v1/chat/completions`, streamed or not. */
export function serveChatCompletions(app: App, deps: AppDeps): void {
  app.post(PATH, (c) => answerCompletion(c, deps, chatWire))
  refuseOtherMethods(app, PATH, ['POST'])
}
