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
  isTrusted(source: StreamSource): boolean
  record(source: StreamSource, isClean: boolean): void
}

/** Providers whose recorded streams needed no mending: finish reasons that clients know, plain framing. */
const CLEAN_PROVIDERS = new Set(['cerebras', 'fireworks-ai', 'groq', 'hyperbolic', 'nebius', 'novita', 'sambanova'])
/** Any other earns the same trust by so many clean streams in a row, and loses it by one that is not. */
const CLEAN_STREAMS = 3
const MAX_SOURCES = 1_000

export function createDialectBoard(memory: DialectMemory): DialectBoard {
  const keyOf = ({ target, provider, hasTools }: StreamSource) =>
    `${provider ?? target}${hasTools ? ' with tools' : ''}`
  return {
    isTrusted(source) {
      const count = memory.get(keyOf(source))
      const isKnown = source.provider !== undefined && CLEAN_PROVIDERS.has(source.provider)
      return count === undefined ? isKnown : count >= CLEAN_STREAMS
    },
    record(source, isClean) {
      if (memory.size >= MAX_SOURCES) memory.clear()
      const before = memory.get(keyOf(source)) ?? (this.isTrusted(source) ? CLEAN_STREAMS : 0)
      memory.set(keyOf(source), isClean ? before + 1 : 0)
    },
  }
}
