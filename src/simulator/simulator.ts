import type { Answer } from './answer.ts'
import type { RouterModel } from './models.ts'
import type { ClosedBy } from './play.ts'

/** One request that the simulator saw. Its last three fields are filled in when its connection is done with it. */
export type SimulatorRequest = {
  readonly method: string
  /** With the query, as it was sent. */
  readonly path: string
  /** Names in lower case; a repeated header is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly bodyText: string
  /** `model` of a JSON body, with its suffix. */
  readonly model: string | undefined
  /** Milliseconds since the epoch, when the headers were in. */
  readonly receivedAt: number
  readonly closedAt?: number
  /** `client`: it went away before its answer was complete. */
  readonly closedBy?: ClosedBy
}

/** A running stand-in for the Hugging Face router. */
export type Simulator = {
  /** `http://127.0.0.1:PORT/v1`: a value for `HF_BASE_URL`. */
  readonly url: string
  /** Every request since the start or the last {@link Simulator.reset}, in order; the oldest go beyond `keepRequests`. */
  readonly requests: readonly SimulatorRequest[]
  /** Chat requests whose answer is not over: not ended by the simulator, and their client still there. */
  openCount(): number
  /**
   * Lets a function choose answers, for every route (`GET /v1/models`, too). It goes before the body field `simulate`;
   * `undefined` leaves a request to the ordinary rules. The last function given counts.
   */
  script(answer: (request: SimulatorRequest) => Answer | undefined): void
  /** Forgets the script and the requests seen. Answers under way go on. */
  reset(): void
  /** Stops listening and breaks every connection. */
  close(): Promise<void>
}

/** How a simulator is started. */
export type SimulatorOptions = {
  /** Default 0: any free one. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Wait before each token. Default 20. A JSON answer takes as long as its tokens would. */
  readonly tokenDelayMs?: number
  /** Answer 401 where `Authorization` is missing. Default false. */
  readonly requireToken?: boolean
  /** Serve models that are not on the list, too. Default false: they get `model_not_supported`. */
  readonly acceptAnyModel?: boolean
  /** Default: `SIMULATED_MODELS`. */
  readonly models?: readonly RouterModel[]
  /** How many requests are remembered. Default 20,000. */
  readonly keepRequests?: number
  /** Whether `bodyText` is remembered after its answer was chosen. Default true; a soak turns it off. */
  readonly keepBodies?: boolean
}
