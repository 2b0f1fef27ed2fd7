/** What the form of a stream depends on. */
export type StreamSource = {
  /** The target's ref. */
  readonly target: string
  /** The provider behind the router, where it names one. */
  readonly provider: string | undefined
  /** Tool calls are where providers differ most, so they are trusted apart. */
  readonly hasTools: boolean
  /** Whether the client is to get no chunk without choices: then a source that sends one has to be read. */
  readonly hidesUsage: boolean
}

/**
 * What is known of a source. `odd`: its streams need normalizing. `clean`: some did not. `well_known`: many in a row did not.
 */
export type TrustVerdict = 'odd' | 'clean' | 'well_known'

/** A verdict that changed in some isolate; `at` in milliseconds since the epoch. */
export type TrustReport = { readonly source: string; readonly verdict: TrustVerdict; readonly at: number }

/** What all isolates know, by {@link sourceKey}. */
export type SharedTrust = Readonly<Record<string, { readonly verdict: TrustVerdict; readonly at: number }>>

/** So many clean streams in a row earn a verdict. One that is not takes it away. */
export const CLEAN_STREAMS: Readonly<Record<TrustVerdict, number>> = { odd: 0, clean: 3, well_known: 50 }

/**
 * Providers whose recorded streams needed no normalizing: finish reasons that clients know, plain framing; and those of
 * which that is proven of tool calls as well. `test/recordings/trust.test.ts` reads the recordings again.
 */
export const RECORDED_CLEAN: Readonly<Record<'text' | 'tools', ReadonlySet<string>>> = {
  text: new Set(['cerebras', 'fireworks-ai', 'groq', 'hyperbolic', 'nebius', 'novita', 'sambanova']),
  tools: new Set(['groq']),
}

/** A source that was odd stays so for this long, whatever others report: two isolates that disagree cost speed, no more. */
const ODD_HOLDS_MS = 3_600_000
/** What nobody has confirmed for a month may have changed. */
const KEEP_MS = 30 * 24 * 3_600_000
const MAX_SOURCES = 1_000

/** Names a source: the provider, the model, and the kind of request. A target without a provider keeps its suffix. */
export function sourceKey({ target, provider, hasTools, hidesUsage }: StreamSource): string {
  const kind = `${hasTools ? 'tools' : 'text'}${hidesUsage ? '-without-usage' : ''}`
  const model = provider === undefined ? target : target.replace(/:[^/]*$/, '')
  return `${kind} ${provider ?? '-'} ${model}`
}

/** What the recordings prove of a source. */
export function recordedVerdict({ provider, hasTools, hidesUsage }: StreamSource): TrustVerdict | undefined {
  if (hidesUsage) return undefined
  return provider !== undefined && RECORDED_CLEAN[hasTools ? 'tools' : 'text'].has(provider) ? 'clean' : undefined
}

/** The verdict that so many clean streams in a row earn. */
export function verdictAfter(cleanStreams: number): TrustVerdict {
  if (cleanStreams >= CLEAN_STREAMS.well_known) return 'well_known'
  return cleanStreams >= CLEAN_STREAMS.clean ? 'clean' : 'odd'
}

/**
 * Folds what isolates report into what all know. The worse verdict wins where two are at odds: what is lost is speed.
 *
 * @returns The very same object where nothing changed.
 */
export function foldTrust(shared: SharedTrust, reports: readonly TrustReport[], nowMs: number): SharedTrust {
  const folded = new Map(Object.entries(shared))
  let isChanged = false
  for (const { source, verdict, at } of [...reports].sort((one, other) => one.at - other.at)) {
    const known = folded.get(source)
    const isHeld = known?.verdict === 'odd' && verdict !== 'odd' && at - known.at < ODD_HOLDS_MS
    const isOld = known !== undefined && (verdict === 'odd' ? known.at > at : known.at >= at)
    if (isHeld || isOld) continue
    folded.set(source, { verdict, at: Math.min(at, nowMs) })
    isChanged = true
  }
  for (const [source, { at }] of folded) if (nowMs - at > KEEP_MS) isChanged = folded.delete(source) || isChanged
  if (!isChanged) return shared
  const newest = [...folded].sort(([, one], [, other]) => other.at - one.at).slice(0, MAX_SOURCES)
  return Object.fromEntries(newest)
}
