/** What a stream's dialect depends on. */
export type StreamSource = {
  readonly target: string
  /** The provider behind the router, where it names one. */
  readonly provider: string | undefined
  /** Tool calls are where dialects differ most, so they are trusted apart. */
  readonly hasTools: boolean
}

/** Whole streams in a row that needed no mending, by source; plain data. */
export type DialectMemory = Map<string, number>

/** Which providers' streams need not be read event by event. */
export type DialectBoard = {
  /** How many reads of a stream are looked at before the runtime's own pump takes over; infinity, if it must not. */
  readsByHand(source: StreamSource): number
  record(source: StreamSource, isClean: boolean): void
}

/** Providers whose recorded streams needed no mending: finish reasons that clients know, plain framing. */
const CLEAN_PROVIDERS = new Set(['cerebras', 'fireworks-ai', 'groq', 'hyperbolic', 'nebius', 'novita', 'sambanova'])
/** Any other earns the same trust by so many clean streams in a row, and loses it by one that is not. */
const CLEAN_STREAMS = 3
/** Trust grows: short answers are read to their end at first, and every clean stream makes this fewer by two. */
const READS_AT_FIRST = 32
/** Setting the pump up costs as much as a few reads. */
const READS_AT_LEAST = 2
const MAX_SOURCES = 1_000

export function createDialectBoard(memory: DialectMemory): DialectBoard {
  const keyOf = ({ target, provider, hasTools }: StreamSource) =>
    `${provider ?? target}${hasTools ? ' with tools' : ''}`
  const cleanStreams = (source: StreamSource) => {
    const isKnown = source.provider !== undefined && CLEAN_PROVIDERS.has(source.provider)
    return memory.get(keyOf(source)) ?? (isKnown ? CLEAN_STREAMS : 0)
  }
  return {
    readsByHand(source) {
      const more = cleanStreams(source) - CLEAN_STREAMS
      return more < 0 ? Number.POSITIVE_INFINITY : Math.max(READS_AT_LEAST, READS_AT_FIRST - 2 * more)
    },
    record(source, isClean) {
      const before = cleanStreams(source)
      if (memory.size >= MAX_SOURCES) memory.clear()
      memory.set(keyOf(source), isClean ? before + 1 : 0)
    },
  }
}
