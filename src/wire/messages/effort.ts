import { type Fields, isFields } from '../chat/chunk.ts'
import type { ReasoningEffort } from '../surface.ts'

/** Tokens of thought below which a budget asks for little, and for a middling effort. */
const LOW_BELOW_TOKENS = 4_096
const MEDIUM_BELOW_TOKENS = 16_384

const EFFORTS: ReadonlyMap<unknown, ReasoningEffort> = new Map([
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
])

/**
 * How hard a model is to think: as little as it can where thinking is disabled, else by `output_config.effort`, else by
 * `thinking.budget_tokens`. `undefined` leaves it to the model.
 */
export function readEffort({ thinking, output_config: config }: Fields): ReasoningEffort | undefined {
  const { type, budget_tokens: budget } = isFields(thinking) ? thinking : {}
  if (type === 'disabled') return 'low'
  const effort = EFFORTS.get(isFields(config) ? config['effort'] : undefined)
  if (effort || type !== 'enabled' || typeof budget !== 'number') return effort
  if (budget < LOW_BELOW_TOKENS) return 'low'
  return budget < MEDIUM_BELOW_TOKENS ? 'medium' : 'high'
}
