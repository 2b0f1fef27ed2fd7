import type { Catalog } from '../core/catalog/catalog.ts'
import { positive } from '../core/catalog/catalog.ts'
import type { RequestShape } from '../core/completion-record.ts'
import { type ModelRef, toRouterModel } from '../core/routing/model-ref.ts'
import { createRouterBody, type RouterBodyOptions } from '../huggingface/request-body.ts'
import { takesEffort, takesReasoningBack } from '../huggingface/takes-reasoning.ts'
import type { SurfaceRequest } from '../wire/surface.ts'

/** A token of English or of code has more bytes than this: what is left of a context is not overestimated. */
const LEAST_BYTES_PER_TOKEN = 3
const TOKENS_PER_IMAGE = 1_000
/** Roles, markers and a template that the server adds, in tokens. */
const TEMPLATE_TOKENS = 512
/** An answer cut shorter than this is of no use: the target says itself that the prompt is too long. */
const LEAST_ANSWER_TOKENS = 256

type Asked = Pick<SurfaceRequest, 'chat' | 'withoutReasoning' | 'effort'>

/**
 * Writes the body for each target. Most requests have one for all; those of surfaces that translate may differ: by the
 * thoughts of earlier turns, which not every model is given back, by how hard to think, which not every model can be told,
 * and by a limit of the answer beyond what a target can say.
 *
 * @param mostTokens The most that a target can answer, where that is less than was asked.
 */
export function createTargetBodies(
  { chat, withoutReasoning, effort }: Asked,
  options: RouterBodyOptions,
  mostTokens?: (routerModel: string) => number | undefined,
): (routerModel: string) => Uint8Array {
  if (!withoutReasoning && !effort && !mostTokens) return createRouterBody(chat, { ...options, ownsBytes: true })
  return (routerModel) => {
    const request = withoutReasoning && !takesReasoningBack(routerModel) ? withoutReasoning() : chat
    const limits = [options.affordedTokens, mostTokens?.(routerModel)].filter((limit) => limit !== undefined)
    const affordedTokens = limits.length > 0 ? Math.min(...limits) : undefined
    const reasoningEffort = takesEffort(routerModel) ? effort : undefined
    return createRouterBody(request, { ...options, affordedTokens, reasoningEffort })(routerModel)
  }
}

/**
 * The most that each of these targets can answer to a prompt of this size, where that is less than was asked; by the
 * catalogue, and nothing where it does not know.
 */
export function answerLimits(
  targets: readonly ModelRef[],
  catalog: Pick<Catalog, 'rowOf'>,
  { maxTokens, promptBytes, imageCount = 0 }: RequestShape,
): (routerModel: string) => number | undefined {
  const promptTokens = Math.ceil(promptBytes / LEAST_BYTES_PER_TOKEN) + TEMPLATE_TOKENS + imageCount * TOKENS_PER_IMAGE
  return (routerModel) => {
    const target = targets.find((one) => toRouterModel(one) === routerModel)
    const row = target && catalog.rowOf(target)
    const context = positive(row?.['context_length'])
    const most = Math.min(
      positive(row?.['max_completion_tokens']) ?? Number.POSITIVE_INFINITY,
      context === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_ANSWER_TOKENS, context - promptTokens),
    )
    return maxTokens !== undefined && most < maxTokens ? most : undefined
  }
}
