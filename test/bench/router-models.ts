const PROVIDERS = ['together', 'fireworks-ai', 'novita', 'nebius', 'groq', 'cerebras']
/** As many as the router lists. */
const MODEL_COUNT = 121

/** A model list of the router's size and shape. */
export function routerModels(): object {
  return { object: 'list', data: Array.from({ length: MODEL_COUNT }, (_, index) => row(index)) }
}

function row(index: number): object {
  const providers = PROVIDERS.slice(0, 1 + (index % PROVIDERS.length)).map((provider) => ({
    provider,
    status: 'live',
    context_length: 131_072,
    pricing: { input: 0.5, output: 1.5 },
    supports_tools: true,
    supports_structured_output: index % 2 === 0,
    is_model_author: false,
  }))
  return {
    id: `bench-org/Model-${index}-Instruct`,
    object: 'model',
    created: 1_750_000_000 + index,
    owned_by: 'bench-org',
    architecture: { input_modalities: ['text'], output_modalities: ['text'] },
    providers,
  }
}
