/** One row of the router's `GET /v1/models`; what is optional is often missing there, too. */
export type RouterModel = {
  readonly id: string
  readonly object: 'model'
  readonly created: number
  readonly owned_by: string
  readonly architecture: { readonly input_modalities: readonly string[]; readonly output_modalities: readonly string[] }
  readonly providers: readonly Offering[]
}
export type Offering = {
  readonly provider: string
  readonly status: 'live' | 'error'
  readonly context_length?: number
  readonly pricing?: { readonly input: number; readonly output: number }
  readonly is_free?: boolean
  readonly supports_tools?: boolean
  readonly supports_structured_output?: boolean
  readonly first_token_latency_ms?: number
  readonly throughput?: number
  readonly is_model_author: boolean
}

/** Whom the simulator says it asked, or that nobody it knows serves this. */
export type ProviderChoice = { readonly ok: true; readonly provider: string } | { readonly ok: false }

/** Picks the provider for `<id>[:suffix]` as the router does: by throughput, by output price, by order, or as named. */
export function chooseProvider(models: readonly RouterModel[], ref: string): ProviderChoice {
  const [id, suffix = 'fastest'] = ref.split(':')
  const live = models.find((model) => model.id === id)?.providers.filter(({ status }) => status === 'live') ?? []
  const best = (rank: (offering: Offering) => number) => live.toSorted((a, b) => rank(a) - rank(b))[0]
  const chosen =
    suffix === 'fastest'
      ? best(({ throughput }) => -(throughput ?? 0))
      : suffix === 'cheapest'
        ? best(({ pricing }) => pricing?.output ?? Number.POSITIVE_INFINITY)
        : suffix === 'preferred'
          ? live[0]
          : live.find(({ provider }) => provider === suffix)
  return chosen ? { ok: true, provider: chosen.provider } : { ok: false }
}

const full = (
  provider: string,
  context: number,
  input: number,
  output: number,
  latency?: number,
  speed?: number,
): Offering => ({
  provider,
  status: 'live',
  context_length: context,
  pricing: { input, output },
  ...(latency === undefined ? {} : { is_free: false }),
  supports_tools: true,
  supports_structured_output: provider !== 'novita',
  ...(latency === undefined ? {} : { first_token_latency_ms: latency }),
  ...(speed === undefined ? {} : { throughput: speed }),
  is_model_author: false,
})
/** featherless-ai tells no more than this. */
const bare = (provider: string, status: Offering['status'] = 'live'): Offering => ({
  provider,
  status,
  is_model_author: false,
})
const unpriced = (provider: string, context: number): Offering => ({
  provider,
  status: 'live',
  context_length: context,
  supports_tools: false,
  supports_structured_output: false,
  is_model_author: false,
})

function model(
  id: string,
  created: number,
  providers: readonly Offering[],
  input: readonly string[] = ['text'],
): RouterModel {
  const [owner = ''] = id.split('/')
  return {
    id,
    object: 'model',
    created,
    owned_by: owner,
    architecture: { input_modalities: input, output_modalities: ['text'] },
    providers,
  }
}

/** The simulator's own list: made up, in the router's shape, with the gaps that the real list has. */
export const SIMULATED_MODELS: readonly RouterModel[] = [
  model('deepseek-ai/DeepSeek-R1', 1737339247, [
    full('novita', 64000, 0.7, 2.5, 1490, 24.69),
    full('together', 163840, 3, 7, 611, 40.5),
    bare('sambanova', 'error'),
  ]),
  model('deepseek-ai/DeepSeek-V3.2', 1764569600, [
    full('novita', 163840, 0.269, 0.4, 1200.5, 31.2),
    full('fireworks-ai', 163840, 0.56, 1.68, 588.4, 62.1),
  ]),
  model('deepseek-ai/DeepSeek-V3.1', 1755776400, [
    full('novita', 131072, 0.27, 1),
    full('together', 131072, 0.6, 1.7),
    bare('featherless-ai'),
  ]),
  model('Qwen/Qwen3-8B', 1745827214, [full('nscale', 40960, 0.05, 0.2, 310, 88.4), bare('featherless-ai')]),
  model('Qwen/Qwen2.5-7B-Instruct', 1726463000, [
    full('together', 32768, 0.3, 0.3, 250.2, 120),
    bare('featherless-ai'),
  ]),
  model('Qwen/Qwen3-32B', 1745827100, [
    full('groq', 131072, 0.29, 0.59, 180, 410.7),
    full('novita', 40960, 0.1, 0.45, 900, 28),
    unpriced('ovhcloud', 32768),
  ]),
  model('meta-llama/Llama-3.3-70B-Instruct', 1732600000, [
    full('groq', 131072, 0.59, 0.79, 160, 290),
    full('together', 131072, 0.88, 0.88),
    { ...bare('hyperbolic', 'error'), context_length: 131072 },
  ]),
  model('meta-llama/Llama-3.1-8B-Instruct', 1721300000, [
    full('novita', 16384, 0.02, 0.05, 800, 60),
    full('cerebras', 131072, 0.1, 0.1, 140, 1800.25),
    unpriced('hf-inference', 131072),
  ]),
  model('openai/gpt-oss-120b', 1754300000, [
    full('cerebras', 131072, 0.35, 0.75, 200, 2100),
    full('groq', 131072, 0.15, 0.75, 170, 480),
    unpriced('ovhcloud', 131072),
  ]),
  model('openai/gpt-oss-20b', 1754300001, [
    full('groq', 131072, 0.1, 0.5, 150, 900),
    { ...full('nscale', 131072, 0, 0, 300, 70), is_free: true },
  ]),
  model('zai-org/GLM-4.7', 1766300000, [
    { ...full('zai-org', 202752, 0.6, 2.2, 1100, 45), is_model_author: true },
    full('novita', 204800, 0.6, 2.2),
  ]),
  model(
    'moonshotai/Kimi-K2.5',
    1769400000,
    [full('novita', 262144, 0.6, 3, 1000, 30), full('together', 262144, 0.5, 2.8, 700, 52)],
    ['text', 'image'],
  ),
  model(
    'google/gemma-3-27b-it',
    1740800000,
    [unpriced('scaleway', 40000), full('nebius', 110000, 0.1, 0.3)],
    ['text', 'image'],
  ),
  model('CohereLabs/command-a-03-2025', 1741800000, [
    { ...unpriced('cohere', 256000), supports_tools: true, is_model_author: true },
  ]),
]
