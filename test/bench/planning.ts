import { buildCatalog } from '../../src/core/catalog/catalog.ts'
import type { RouterModel } from '../../src/core/catalog/router-model.ts'
import { parseConfig } from '../../src/core/config/config.ts'
import { needsOf } from '../../src/core/routing/needs.ts'
import { planTargets } from '../../src/core/routing/plan.ts'
import { planRoute } from '../../src/core/routing/plan-route.ts'
import { NO_PREFERENCES } from '../../src/core/routing/preferences.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { createTrafficMemory, createTrafficStats } from '../../src/isolate/traffic-stats.ts'

/** As many as the router lists. */
const MODEL_COUNT = 121
const PROVIDERS = ['together', 'fireworks-ai', 'novita', 'nebius', 'groq']
const NEEDS = needsOf({ promptBytes: 4_000, hasTools: true, hasImages: false, wantsStructuredOutput: false })
const clock = { now: () => Date.now(), wait: async () => {}, timer: () => () => {} }

/** One way to decide the route of a request for the n-th model. */
export type PlanningWay = { readonly name: string; readonly plan: (n: number) => unknown }

/** Planning alone, and with the providers chosen here: every request names another model, and each has five candidates. */
export function planningWays(): readonly PlanningWay[] {
  const models: RouterModel[] = Array.from({ length: MODEL_COUNT }, (_, index) => ({
    id: `bench-org/Model-${index}`,
    providers: PROVIDERS.map((provider, place) => ({
      provider,
      status: 'live',
      context_length: 131_072,
      pricing: { input: 1 + place, output: 2 + place },
      supports_tools: true,
      throughput: 50 + place,
      first_token_latency_ms: 300,
    })),
  }))
  const wanted = (n: number) => ({ model: `bench-org/Model-${n % MODEL_COUNT}`, models: undefined, fallbackOff: false })
  const traffic = createTrafficStats(createTrafficMemory(), clock)
  const breakers = createCircuitBreakers(createBreakerMemory(), clock)
  const routeBy = (document: object) => {
    const parsed = parseConfig(JSON.stringify(document))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const { config } = parsed.value
    const known = {
      offersOf: buildCatalog(models, config).offersOf,
      expectationOf: traffic.expectationOf,
      isOpen: (target: Parameters<typeof breakers.stateOf>[0]) => breakers.stateOf(target, 'key') === 'open',
      leaderOf: traffic.leaderOf,
      lastProvider: undefined,
    }
    return (n: number) =>
      planRoute({
        config,
        project: 'default',
        wanted: wanted(n),
        preferences: NO_PREFERENCES,
        needs: NEEDS,
        known,
        chance: 1,
      })
  }
  const { value } = parseConfig('{}') as Extract<ReturnType<typeof parseConfig>, { ok: true }>
  return [
    { name: 'targets alone', plan: (n) => planTargets(value.config, wanted(n)) },
    { name: 'hugway, the router chooses', plan: routeBy({}) },
    { name: 'hugway', plan: routeBy({ hugway: { routing: { resolve: 'own' } } }) },
  ]
}

/** CPU of this process for one plan, in microseconds. */
export function planningUs({ plan }: PlanningWay, count: number): number {
  const before = process.cpuUsage()
  for (let n = 0; n < count; n++) plan(n)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
