/** Which rule the owner goes by: ours, or one that looks right. The last is of a child. */
export type Rule = 'ours' | 'returns_what_was_lost' | 'waits_for_the_lease_alone' | 'child_returns_what_was_lost'

export type Scenario = {
  readonly seed: number
  readonly rule: Rule
  readonly isolates: number
  readonly requestsPerSecond: number
  readonly seconds: number
  /** Seconds at the beginning, when every isolate is new: what they cost is not counted. */
  readonly warmUpSeconds: number
  readonly keys: number
  /** In nanodollars: of the project a month, of each key a day. Absent: none. */
  readonly projectBudget?: number
  readonly keyBudget?: number
  readonly limits?: { readonly requestsPerMinute?: number; readonly concurrent?: number }
  /** Chances for each request: that its isolate dies under it. For each call: that it or its answer is lost, or comes twice. */
  readonly crash: number
  /** Chance for each request: that what it does behind its answer is ended by the runtime, some time in the first seconds. */
  readonly ending: number
  readonly loss: number
  readonly repeat: number
  /** The longest way to the project's object, in milliseconds; a child is near. */
  readonly awayMs: number
  /** Absent: isolates talk to the project's object themselves. */
  readonly children?: Children
  /** How long a request may take, in milliseconds. */
  readonly longestMs: number
  /** The most that a request may cost, in nanodollars; it is what is reserved. */
  readonly reserve: number
}

/** Objects between isolates and the project's. */
export type Children = {
  readonly count: number
  /** How many times a minute one of them begins anew, and how many times one loses its storage as well. */
  readonly restartsAMinute: number
  readonly lossesAMinute: number
}

export type Outcome = {
  readonly requests: number
  readonly served: number
  readonly refused: number
  readonly crashes: number
  /** Of children. */
  readonly restarts: number
  /** Of the project's object, and of the child that got most, a second. */
  readonly rootCallsPerSecond: number
  readonly childCallsPerSecond: number
  /** Requests that had to wait for a call, as a part of those that were served in the time that is measured, and how long. */
  readonly waitedPart: number
  readonly waitMs: { readonly median: number; readonly p99: number }
  /** By how much a budget was overshot at worst, as a part of it; 0 is what is promised. */
  readonly overshoot: number
  /** Starts in the worst minute over those that the rate allows; requests at once over those allowed. */
  readonly rateOvershoot: number
  readonly slotOvershoot: number
  /** Accounts whose limit was looked at. */
  readonly accounts: number
  /** Whether no more was booked than the requests that ended cost. */
  readonly isLedgerTrue: boolean
  /** Records of isolates that lived that no ledger has, once each has served one request more. */
  readonly lost: number
  /** Of the budget that was used up most: what was truly spent. */
  readonly spentPart: number
}
