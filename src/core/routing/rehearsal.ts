import type { Failure } from '../failure.ts'
import { err, ok, type Result } from '../result.ts'

/** A fault that is planted into the first upstream call of a request, so that a team sees what follows from it. */
export type PlantedFault =
  /** The upstream refuses by a 429 and generates nothing. */
  | { readonly kind: 'rate_limited' }
  /** After so many events of a real answer. Of an answer without a stream: in the middle of it, whatever the number. */
  | { readonly kind: 'cut' | 'stall' | 'error'; readonly afterEvents: number }

const DEFAULT_EVENTS = { cut: 5, stall: 5, error: 0 }
const MAX_EVENTS = 10_000

/** Reads `x-hugway-rehearse`: `429`, or `cut`, `stall` or `error` with the number of events before it, such as `cut:20`. */
export function parseRehearsal(header: string): Result<PlantedFault, Failure> {
  const text = header.trim().toLowerCase()
  if (text === '429') return ok({ kind: 'rate_limited' })
  const [, kind, count] = /^(cut|stall|error)(?::(\d{1,5}))?$/.exec(text) ?? []
  if ((kind === 'cut' || kind === 'stall' || kind === 'error') && Number(count ?? 0) <= MAX_EVENTS) {
    return ok({ kind, afterEvents: count === undefined ? DEFAULT_EVENTS[kind] : Number(count) })
  }
  const message = `The header x-hugway-rehearse takes 429, cut:N, stall:N or error:N, N being events from 0 to ${MAX_EVENTS}.`
  return err({ kind: 'bad_request', message })
}

/** The same in the header's words: how a record names it. */
export function formatRehearsal(fault: PlantedFault): string {
  return fault.kind === 'rate_limited' ? '429' : `${fault.kind}:${fault.afterEvents}`
}
