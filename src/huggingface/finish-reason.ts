/** The finish reasons that every client knows. OpenClaw, for one, fails hard on any other. */
export type KnownReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** What a choice's finish reason says. */
export type Finish =
  | {
      readonly kind: 'finished'
      readonly reason: KnownReason
      /** Whether the reason alone says that the answer is whole. One that nobody knows needs an end that says so too. */
      readonly isProof: boolean
    }
  /** Generation did not end, it was broken off. */
  | { readonly kind: 'broken' }

/** Texts that mean "not yet", as words without anything in between. */
const NOT_YET = new Set([
  ...['null', 'none', 'nil', 'undefined', 'unspecified', 'unset', 'na', 'false', 'notfinished', 'unfinished', 'notyet'],
  ...['inprogress', 'pending', 'running', 'generating', 'streaming', 'ongoing', 'processing', 'continue', 'continuing'],
  ...['queued', 'started', 'working'],
])

/** Reasons of providers that we know, in the same spelling. */
const SYNONYMS: ReadonlyMap<string, KnownReason> = new Map([
  ...named(
    'stop',
    'stop',
    'eos',
    'eostoken',
    'eot',
    'eotid',
    'endturn',
    'stopsequence',
    'stoptoken',
    'end',
    'endoftext',
  ),
  ...named('stop', 'complete', 'completed', 'finish', 'finished', 'done'),
  ...named('length', 'length', 'maxtokens', 'maxlength', 'modellength', 'maxoutputtokens', 'maxcompletiontokens'),
  ...named('length', 'tokenlimit', 'modelcontextwindowexceeded'),
  ...named('tool_calls', 'toolcalls', 'toolcall', 'tooluse', 'functioncalls'),
  ...named('function_call', 'functioncall'),
  ...named('content_filter', 'contentfilter', 'contentfiltered', 'safety', 'refusal', 'sensitive', 'recitation'),
  ...named('content_filter', 'blocklist', 'prohibitedcontent', 'spii', 'guardrailintervened'),
])

/** Words of an end that was none. DeepSeek, Moonshot, vLLM, SGLang, Gemini, OpenRouter. */
const BROKEN =
  /error|fail|abort|cancel|malformed|invalid|timeout|timedout|deadline|interrupt|insufficient|overload|unavailable|exception|crash|disconnect|unexpectedtoolcall|toomanytoolcalls|missingthought|outofmemory|oom$|preempt|evict|kill|exhausted|shutdown/
const LENGTH = /max|length|limit|incomplete/
const TOOLS = /tool|function/
const FILTER = /safety|filter|refus|block|prohibit|sensitive|moderat|policy/

/**
 * Reads a finish reason, of a chunk or of a whole answer.
 *
 * @param hasCalls Whether the choice calls tools: what an unknown reason most likely means.
 * @returns `undefined` where it says that the choice goes on.
 */
export function readFinish(value: unknown, hasCalls: boolean): Finish | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const words = value
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replace(/^finishreason/, '')
  if (words === '' || NOT_YET.has(words)) return undefined
  const known = SYNONYMS.get(words)
  // `stop` beside calls is OpenAI's own; in a provider's words the end of a text and the end of calls are one word.
  if (known === 'stop' && hasCalls && value !== 'stop') return { kind: 'finished', reason: 'tool_calls', isProof: true }
  if (known) return { kind: 'finished', reason: known, isProof: true }
  if (BROKEN.test(words)) return { kind: 'broken' }
  return { kind: 'finished', reason: guess(words, hasCalls), isProof: false }
}

function guess(words: string, hasCalls: boolean): KnownReason {
  if (TOOLS.test(words)) return 'tool_calls'
  if (LENGTH.test(words)) return 'length'
  if (FILTER.test(words)) return 'content_filter'
  return hasCalls ? 'tool_calls' : 'stop'
}

function named(reason: KnownReason, ...words: string[]): (readonly [string, KnownReason])[] {
  return words.map((word) => [word, reason])
}
