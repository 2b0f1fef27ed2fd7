import type { CompletionEnd, CompletionRecord } from '../completion-record.ts'
import { parseModelRef } from './model-ref.ts'
import { type AttemptReport, type FailureReason, isPassing } from './outcome.ts'
import type { Sighting } from './traffic.ts'

/** What is learnt from: a record, or what a ledger kept of one. */
export type SeenCompletion = Pick<
  CompletionRecord,
  | 'attempts'
  | 'durationMs'
  | 'end'
  | 'firstTokenMs'
  | 'isEstimated'
  | 'provider'
  | 'rehearsed'
  | 'repaired'
  | 'shape'
  | 'stream'
  | 'target'
  | 'usage'
> & { readonly failedAttempts: readonly Pick<AttemptReport, 'target' | 'reason' | 'skipped'>[] }

/** Ends of an answer that had begun and that its provider broke. */
const BROKEN: readonly CompletionEnd[] = ['cut', 'stalled', 'unreadable', 'upstream_error']
/** Ends that say nothing against it: the answer was whole, or somebody else ended it. */
const UNBROKEN: readonly CompletionEnd[] = ['whole', 'client_gone', 'out_of_time']

/**
 * What a completion's record teaches of the providers that it met, by `<org>/<model>:<provider>`. A provider that nobody
 * named is not learnt of, nor is anything of a planted fault.
 */
export function sightingsOf(
  record: SeenCompletion,
): readonly { readonly offer: string; readonly sighting: Sighting }[] {
  if (record.rehearsed !== undefined) return []
  const seen = record.failedAttempts.flatMap(({ target, reason, skipped }) => {
    const offer = skipped || !isProvidersFault(reason) ? undefined : offerOf(target, undefined)
    return offer ? [{ offer, sighting: { kind: 'failed' } as const }] : []
  })
  const offer = offerOf(record.target ?? '', record.provider)
  const sighting = offer ? answerOf(record) : undefined
  return offer && sighting ? [...seen, { offer, sighting }] : seen
}

function answerOf(record: SeenCompletion): Sighting | undefined {
  const { end, attempts, firstTokenMs, durationMs, usage, shape } = record
  const isBroken = BROKEN.includes(end)
  if (!isBroken && !UNBROKEN.includes(end)) return undefined
  if (end === 'client_gone' && firstTokenMs === undefined) return undefined
  // The clock ran through the attempts before as well, so only a first one tells how long this provider took.
  const isTimed = record.stream && attempts === 1 && firstTokenMs !== undefined
  const isCounted =
    end === 'whole' && usage !== undefined && !record.isEstimated && firstTokenMs !== undefined && record.stream
  return {
    kind: 'answered',
    isBroken,
    firstTokenMs: isTimed ? firstTokenMs : undefined,
    tokens: isCounted ? usage.completionTokens : undefined,
    generationMs: isCounted ? durationMs - firstTokenMs : undefined,
    areToolsBad: shape?.hasTools ? isBroken || record.repaired === true : undefined,
  }
}

/** The deployment's own token or credit is nobody's fault there, and neither is the request. */
function isProvidersFault(reason: FailureReason): boolean {
  return isPassing(reason) || reason === 'model_not_found'
}

function offerOf(target: string, answeredBy: string | undefined): string | undefined {
  const ref = parseModelRef(target)
  if (!ref.ok) return undefined
  const { id, routing } = ref.value
  const provider = routing.kind === 'provider' ? routing.provider : answeredBy
  return provider === undefined ? undefined : `${id}:${provider}`
}
