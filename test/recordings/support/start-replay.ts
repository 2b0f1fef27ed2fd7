import OpenAI from 'openai'
import { startSimulator } from '../../../src/simulator/start-simulator.ts'
import { API_KEY } from '../../clients/support/start-pair.ts'
import { type Gateway, startGateway } from '../../support/start-gateway.ts'
import { type Read, readAnswer } from './read-answer.ts'
import { type Cutting, type Recording, toRawAnswer } from './recording.ts'

/** Recordings, read by the official SDK directly and through the gateway. */
export type Replay = {
  readonly gateway: Gateway
  direct(recording: Recording): Promise<Read>
  through(recording: Recording, cutting: Cutting): Promise<Read>
  close(): Promise<void>
}

/** Starts the simulator and the gateway for a set of recordings: each is what one model answers. */
export async function startReplay(recordings: readonly Recording[]): Promise<Replay> {
  const simulator = await startSimulator({ keepRequests: 1 })
  const answers = new Map(
    recordings.flatMap((recording) =>
      (['events', 'odd_bytes'] as const).map((cutting) => [
        modelOf(recording, cutting),
        toRawAnswer(recording, cutting),
      ]),
    ),
  )
  simulator.script(({ path, model }) => (path.includes('/chat/') ? answers.get(model ?? '') : undefined))
  const gateway = await startGateway({ upstreamUrl: simulator.url })
  const clientOf = (baseURL: string) => new OpenAI({ apiKey: API_KEY, baseURL, maxRetries: 0 })
  const clients = { direct: clientOf(simulator.url), through: clientOf(`${gateway.url}/v1`) }
  return {
    gateway,
    direct: (recording) => readAnswer(clients.direct, modelOf(recording, 'events'), recording.kind),
    through: (recording, cutting) => readAnswer(clients.through, modelOf(recording, cutting), recording.kind),
    async close() {
      await gateway.close()
      await simulator.close()
    },
  }
}

/** A model of its own for each, so that no failure is counted against another one's target. */
function modelOf({ name }: Recording, cutting: Cutting): string {
  return `recorded-${cutting}/${name}`
}
