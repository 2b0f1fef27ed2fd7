/** One thing the player does with a socket. A plan is a list of them. */
export type Step =
  | { readonly do: 'head'; readonly status: number; readonly headers: Headers }
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  | { readonly do: 'wait'; readonly ms: number }
  /** Plays `steps` again and again until the client leaves. */
  | { readonly do: 'loop'; readonly steps: readonly Step[] }
  /** The last HTTP chunk, and the connection may be used again. */
  | { readonly do: 'end' }
  /** RST. */
  | { readonly do: 'reset' }
  /** FIN in the middle of the body. */
  | { readonly do: 'destroy' }
  /** Nothing more, until the client leaves or the simulator closes. */
  | { readonly do: 'hang' }

/** Response headers; a list is sent as several lines. */
export type Headers = Readonly<Record<string, string | readonly string[]>>

/** Lets what was sent reach the client before the connection breaks: a reset throws away what is still under way. */
const SETTLE_MS = 25

export const send = (bytes: Uint8Array | string): Step => ({
  do: 'send',
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
})
export const wait = (ms: number): Step[] => (ms > 0 ? [{ do: 'wait', ms }] : [])
export const END: Step = { do: 'end' }
export const HANG: Step = { do: 'hang' }
export const RESET: readonly Step[] = [{ do: 'wait', ms: SETTLE_MS }, { do: 'reset' }]
export const DESTROY: readonly Step[] = [{ do: 'wait', ms: SETTLE_MS }, { do: 'destroy' }]

/** Makes a write of its own of every byte; the event loop turns between them, so that they do not travel together. */
export function splitEveryByte(steps: readonly Step[]): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.do === 'loop') return [{ do: 'loop', steps: splitEveryByte(step.steps) }]
    if (step.do !== 'send') return [step]
    return Array.from(step.bytes, (byte) => [{ do: 'wait' as const, ms: 0 }, send(Uint8Array.of(byte))]).flat()
  })
}

/** Sends bytes one by one at a pace. */
export function trickle(bytes: Uint8Array, bytesPerSecond: number): Step[] {
  return Array.from(bytes, (byte): Step[] => [
    { do: 'wait', ms: 1000 / bytesPerSecond },
    send(Uint8Array.of(byte)),
  ]).flat()
}
