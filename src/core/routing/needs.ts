import type { Offer } from '../catalog/offers.ts'
import type { RequestShape } from '../completion-record.ts'
import type { Lack } from './dropped.ts'

/** What a request needs of whoever serves it. Tokens are estimates. */
export type Needs = {
  readonly tools: boolean
  readonly structuredOutput: boolean
  readonly images: boolean
  /** What the prompt likely comes to, and what it comes to at the very least. */
  readonly promptTokens: number
  readonly leastPromptTokens: number
  /** The limit that the request sets. */
  readonly maxAnswerTokens: number | undefined
  /** What the answer likely comes to. */
  readonly answerTokens: number
}

/** Bytes of a request to a token of its prompt, JSON around the text included. */
const BYTES_PER_TOKEN = 4
/** No ordinary text has longer tokens on average, so a request that is too long even so is too long. */
const MOST_BYTES_PER_TOKEN = 6
const TOKENS_PER_IMAGE = 1_000
const USUAL_ANSWER_TOKENS = 500

/** What a request of this shape needs. */
export function needsOf(shape: RequestShape): Needs {
  const { promptBytes, maxTokens, hasTools, hasImages, imageCount = hasImages ? 1 : 0, wantsStructuredOutput } = shape
  const imageTokens = imageCount * TOKENS_PER_IMAGE
  return {
    tools: hasTools,
    structuredOutput: wantsStructuredOutput,
    images: hasImages,
    promptTokens: Math.ceil(promptBytes / BYTES_PER_TOKEN) + imageTokens,
    leastPromptTokens: Math.floor(promptBytes / MOST_BYTES_PER_TOKEN),
    maxAnswerTokens: maxTokens,
    answerTokens: Math.min(maxTokens ?? USUAL_ANSWER_TOKENS, USUAL_ANSWER_TOKENS),
  }
}

/** What this offer lacks for sure; what the catalogue does not tell is not held against it. */
export function lackOf(offer: Offer, needs: Needs): Lack | undefined {
  if (needs.tools && offer.supportsTools === false) return 'no_tools'
  if (needs.structuredOutput && offer.supportsStructuredOutput === false) return 'no_structured_output'
  if (needs.images && offer.takesImages === false) return 'no_images'
  const tokens = needs.leastPromptTokens + (needs.maxAnswerTokens ?? 0)
  return offer.contextLength !== undefined && tokens > offer.contextLength ? 'context_too_small' : undefined
}

/** Whether the catalogue says that the offer supports everything that the request uses. */
export function isKnownToSupport(offer: Offer, needs: Needs): boolean {
  const isShort = (needs.tools && !offer.supportsTools) || (needs.structuredOutput && !offer.supportsStructuredOutput)
  return !isShort && !(needs.images && !offer.takesImages)
}
