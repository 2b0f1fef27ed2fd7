import type { Price } from '../catalog/offers.ts'
import { costNanoUsd, tokensFor } from './money.ts'

/** What is known of a request before anybody is asked. */
export type RequestSize = {
  /** Bytes of the body without its images and other media. */
  readonly promptBytes: number
  readonly imageCount: number
  /** It holds sound, video or files: how many tokens a provider makes of those shows neither in their bytes nor in their number. */
  readonly hasMedia?: boolean | undefined
  /** What the client set as the limit of the answer. */
  readonly maxTokens: number | undefined
  readonly choiceCount: number
}

/** What a request may take of every bound. */
export type Reserve = {
  /** Nanodollars that cover the dearest answer that it may get. */
  readonly nanoUsd: number
  /** The least with which it is worth asking: the prompt and a short answer. */
  readonly leastNanoUsd: number
  /** An estimate: what it took in the end is made good when it is booked. */
  readonly tokens: number
}

/** Roles, markers and a template that the server adds, in tokens; an estimate. */
const TEMPLATE_TOKENS = 1_000
/** The most that a provider is known to make of one image; an estimate. */
const IMAGE_TOKENS = 16_384
/** An answer cut shorter than this is of no use to anybody. */
const LEAST_ANSWER_TOKENS = 256
/** Stands for an answer whose length nobody limited, where only a rate is concerned. */
const USUAL_ANSWER_TOKENS = 1_024
/** Where no context length is known. */
const LONGEST_CONTEXT = 1_048_576
const BYTES_PER_TOKEN = 4

/**
 * The most tokens that a prompt can be: a byte-level tokenizer never makes more tokens than there are bytes. Of sound, video
 * and files only the context says how many they can be.
 */
export function promptTokensAtMost(size: RequestSize, contextLength: number | undefined): number {
  if (size.hasMedia) return contextLength ?? LONGEST_CONTEXT
  const most = size.promptBytes + TEMPLATE_TOKENS + IMAGE_TOKENS * size.imageCount
  return Math.min(contextLength ?? LONGEST_CONTEXT, most)
}

/** What a request is likely to be, for rates and for answers that told no usage. */
export const promptTokensEstimate = (promptBytes: number) => Math.ceil(promptBytes / BYTES_PER_TOKEN)

/**
 * What to reserve for one request, over the targets that it may go to.
 *
 * @param targets The highest price of each, and how much its context holds; no price where only rates are bound.
 */
export function reserveFor(
  size: RequestSize,
  targets: readonly { readonly price: Price | undefined; readonly contextLength: number | undefined }[],
): Reserve {
  const answers = Math.max(1, size.choiceCount)
  let nanoUsd = 0
  let leastNanoUsd = 0
  for (const { price, contextLength } of targets) {
    if (!price) continue
    const prompt = promptTokensAtMost(size, contextLength)
    // Prompt and answer share the context, but of how many tokens the prompt is, only the most is known.
    const answer = Math.min(size.maxTokens ?? LONGEST_CONTEXT, contextLength ?? LONGEST_CONTEXT)
    const least = Math.min(answer, LEAST_ANSWER_TOKENS)
    const ofPrompt = costNanoUsd(prompt, price.input)
    nanoUsd = Math.max(nanoUsd, ofPrompt + costNanoUsd(answer * answers, price.output))
    leastNanoUsd = Math.max(leastNanoUsd, ofPrompt + costNanoUsd(least * answers, price.output))
  }
  const answerTokens = Math.min(size.maxTokens ?? USUAL_ANSWER_TOKENS, USUAL_ANSWER_TOKENS) * answers
  return { nanoUsd, leastNanoUsd, tokens: promptTokensEstimate(size.promptBytes) + answerTokens }
}

/**
 * The longest answer that `nanoUsd` cover, whichever of the targets gives it: the limit to send where the budget affords
 * less than the whole reserve.
 */
export function maxTokensWithin(
  nanoUsd: number,
  size: RequestSize,
  targets: readonly { readonly price: Price | undefined; readonly contextLength: number | undefined }[],
): number {
  const answers = Math.max(1, size.choiceCount)
  const limits = targets.flatMap(({ price, contextLength }) => {
    if (!price) return []
    const left = nanoUsd - costNanoUsd(promptTokensAtMost(size, contextLength), price.input)
    return [Math.floor(tokensFor(left, price.output) / answers)]
  })
  return Math.min(...limits)
}
