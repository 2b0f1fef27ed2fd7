/** What a stream's dialect depends on. */
export type StreamSource = {
  readonly target: string
  /** The provider behind the router, where it names one. */
  readonly provider: string | undefined
  /** Tool calls are where dialects differ most, so they are trusted apart. */
  readonly hasTools: boolean
  /** Whether the client is to get no chunk without choices: then a source that sends one has to be read. */
  readonly hidesUsage: boolean
}

/** Whole streams in a row that needed no mending, by source; plain data. */
export type TrustMemory = Map<string, number>

/** Which providers' streams need not be read event by event. */
export type StreamTrust = {
  /** How many reads after the commit point are looked at before the pump takes over; infinity, if it must not. */
  parsedReads(source: StreamSource): number
  record(source: StreamSource, isClean: boolean): void
}

/** Providers whose recorded streams needed no mending: finish reasons that clients know, plain framing. */
const CLEAN_PROVIDERS = new Set(['cerebras', 'fireworks-ai', 'groq', 'hyperbolic', 'nebius', 'novita', 'sambanova'])
/** Any other earns the same trust by so many clean streams in a row, and loses it by one that is not. */
const CLEAN_STREAMS = 3
/** Enough that short answers are mended whoever sends them. */
const READS_OF_TRUSTED = 32
/** After so many clean streams in a row a source is known well enough to be looked at until the commit point only. */
const MANY_CLEAN_STREAMS = 50
const MAX_SOURCES = 1_000

export function createStreamTrust(memory: TrustMemory): StreamTrust {
  const keyOf = ({ target, provider, hasTools, hidesUsage }: StreamSource) =>
    `${provider ?? target}${hasTools ? ' with tools' : ''}${hidesUsage ? ' without usage' : ''}`
  const cleanStreams = (source: StreamSource) => {
    const isKnown = !source.hidesUsage && source.provider !== undefined && CLEAN_PROVIDERS.has(source.provider)
    return memory.get(keyOf(source)) ?? (isKnown ? CLEAN_STREAMS : 0)
  }
  return {
    parsedReads(source) {
      const clean = cleanStreams(source)
      if (clean < CLEAN_STREAMS) return Number.POSITIVE_INFINITY
      return clean < MANY_CLEAN_STREAMS ? READS_OF_TRUSTED : 0
    },
    record(source, isClean) {
      const before = cleanStreams(source)
      if (memory.size >= MAX_SOURCES) memory.clear()
      memory.set(keyOf(source), isClean ? before + 1 : 0)
    },
  }
}
