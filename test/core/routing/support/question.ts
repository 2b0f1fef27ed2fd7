import { buildCatalog } from '../../../../src/core/catalog/catalog.ts'
import type { RouterModel } from '../../../../src/core/catalog/router-model.ts'
import type { RequestShape } from '../../../../src/core/completion-record.ts'
import type { Failure } from '../../../../src/core/failure.ts'
import { needsOf } from '../../../../src/core/routing/needs.ts'
import type { RouteKnowledge } from '../../../../src/core/routing/plan-model.ts'
import { type Plan, planRoute } from '../../../../src/core/routing/plan-route.ts'
import { parsePreferences } from '../../../../src/core/routing/preferences.ts'
import { expectationOf } from '../../../../src/core/routing/traffic.ts'
import { configOf, textsOf } from '../../support/refs.ts'

/** Fields of a provider's offer, as the router's list writes them. */
export const offer = (provider: string, input: number, output: number, more = {}) => ({
  provider,
  status: 'live',
  pricing: { input, output },
  ...more,
})

/** `a/b` with three providers that differ in all that matters, `c/d` with two, `e/f` that nobody tells anything of. */
export const MODELS: readonly RouterModel[] = [
  {
    id: 'a/b',
    architecture: { input_modalities: ['text'] },
    providers: [
      offer('fast', 3, 9, {
        throughput: 200,
        first_token_latency_ms: 200,
        context_length: 8_000,
        supports_tools: true,
      }),
      offer('cheap', 1, 2, {
        throughput: 20,
        first_token_latency_ms: 900,
        context_length: 64_000,
        supports_tools: false,
      }),
      offer('prompt', 2, 8, { throughput: 50, first_token_latency_ms: 100, context_length: 64_000 }),
    ],
  },
  { id: 'c/d', providers: [offer('cheap', 1, 1), offer('other', 2, 2)] },
  { id: 'e/f', providers: [] },
]

export type Asked = {
  readonly model?: string | undefined
  readonly models?: readonly string[]
  readonly provider?: unknown
  readonly shape?: Partial<RequestShape>
  readonly document?: unknown
  readonly project?: string
  readonly known?: Partial<RouteKnowledge>
  readonly list?: readonly RouterModel[]
  readonly chance?: number
}

const SHAPE: RequestShape = { promptBytes: 4_000, hasTools: false, hasImages: false, wantsStructuredOutput: false }

/** The plan for what a test asks; the configuration has no fallbacks unless the test gives it some. */
export function plan(asked: Asked): { readonly plan: Plan | undefined; readonly failure: Failure | undefined } {
  const { model = 'a/b', models, provider, shape, document = {}, known, list = MODELS, chance = 1 } = asked
  const preferences = parsePreferences(provider)
  if (!preferences.ok) return { plan: undefined, failure: preferences.error }
  const config = configOf(document)
  const catalog = buildCatalog(list, config)
  const planned = planRoute({
    config,
    project: asked.project ?? 'default',
    wanted: { model, models, fallbackOff: false },
    preferences: preferences.value,
    needs: needsOf({ ...SHAPE, ...shape }),
    known: {
      offersOf: catalog.offersOf,
      expectationOf: (one) => expectationOf(one, undefined, 0),
      isOpen: () => false,
      leaderOf: () => undefined,
      lastProvider: undefined,
      ...known,
    },
    chance,
  })
  return planned.ok ? { plan: planned.value, failure: undefined } : { plan: undefined, failure: planned.error }
}

/** The targets of the plan, as the router is asked for them. */
export function targetsOf(asked: Asked): string[] | Failure | undefined {
  const { plan: planned, failure } = plan(asked)
  return planned ? textsOf(planned.targets) : failure
}
