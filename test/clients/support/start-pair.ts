import type { Simulator, SimulatorRequest } from '../../../src/simulator/simulator.ts'
import { startSimulator } from '../../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../../support/start-gateway.ts'
import { CAST, CONFIG } from './cast.ts'

/** The key that the gateway takes. */
export const API_KEY = 'test-key'

/** How long a call may go on upstream after its client has left. */
const LEFT_LIMIT_MS = 2_000

/** A gateway in bare workerd with the simulator behind it. */
export type Pair = {
  /** What a client is given as its base URL. */
  readonly baseUrl: string
  readonly gateway: Gateway
  readonly simulator: Simulator
  /** The chat requests that the upstream saw for a model. */
  requestsFor(model: string): readonly SimulatorRequest[]
  /** Resolves when the last call for a model is over because its client left. @throws When it goes on for two seconds. */
  untilCancelled(model: string): Promise<void>
  close(): Promise<void>
}

/** Starts the pair with the cast of `cast.ts`; other models get the simulator's ordinary answers. */
export async function startPair(): Promise<Pair> {
  const simulator = await startSimulator({ tokenDelayMs: 1 })
  playCast(simulator)
  const gateway = await startGateway({ upstreamUrl: simulator.url, config: CONFIG })
  const requestsFor = (model: string) => simulator.requests.filter((request) => request.model === model)
  return {
    baseUrl: `${gateway.url}/v1`,
    gateway,
    simulator,
    requestsFor,
    async untilCancelled(model) {
      const deadline = Date.now() + LEFT_LIMIT_MS
      while (requestsFor(model).at(-1)?.closedBy !== 'client') {
        if (Date.now() > deadline)
          throw new Error(`${model} is still being called: ${JSON.stringify(requestsFor(model))}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    async close() {
      await gateway.close()
      await simulator.close()
    },
  }
}

/** Lets the simulator answer for the cast. */
export function playCast(simulator: Simulator): void {
  const answers = new Map(Object.entries(CAST))
  simulator.script(({ path, model }) => (path.includes('/chat/') ? answers.get(model ?? '') : undefined))
}

/** The error that a promise is rejected with. @throws When it is not rejected, or with something that is no error. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<Error> {
  const outcome = await Promise.resolve(promise).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && outcome.error instanceof Error) return outcome.error
  throw new Error(`an error was expected, not ${JSON.stringify(outcome)}`)
}
