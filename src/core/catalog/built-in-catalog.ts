import type { RouterModel } from './router-model.ts'

/**
 * The ten models of Hugging Face's setup page for chat gateways, in the router's own shape: served when neither KV nor
 * the router has a list, and the source of what the router leaves out (names, maximum output). Prices are USD per
 * million tokens. A price or a context here is a provider's at the time of writing; the router's own figures win.
 */
export const BUILT_IN_MODELS: readonly RouterModel[] = [
  row('deepseek-ai/DeepSeek-R1', 'DeepSeek R1', 131_072, 3, 7, true),
  row('deepseek-ai/DeepSeek-V3.2', 'DeepSeek V3.2', 131_072, 0.6, 1.25),
  row('Qwen/Qwen3-8B', 'Qwen3 8B', 40_960, 0.05, 0.2),
  row('Qwen/Qwen2.5-7B-Instruct', 'Qwen2.5 7B Instruct', 32_768, 0.3, 0.3),
  row('Qwen/Qwen3-32B', 'Qwen3 32B', 131_072, 0.29, 0.59),
  row('meta-llama/Llama-3.3-70B-Instruct', 'Llama 3.3 70B Instruct', 131_072, 0.88, 0.88),
  row('meta-llama/Llama-3.1-8B-Instruct', 'Llama 3.1 8B Instruct', 131_072, 0.02, 0.05),
  row('openai/gpt-oss-120b', 'GPT-OSS 120B', 131_072, 0.15, 0.6, true),
  row('zai-org/GLM-4.7', 'GLM 4.7', 202_752, 0.6, 2.2, true),
  row('moonshotai/Kimi-K2.5', 'Kimi K2.5', 262_144, 0.6, 3, true, ['text', 'image']),
]

function row(
  id: string,
  name: string,
  contextLength: number,
  input: number,
  output: number,
  reasoning = false,
  inputModalities = ['text'],
): RouterModel {
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: id.slice(0, id.indexOf('/')),
    name,
    reasoning,
    context_length: contextLength,
    max_completion_tokens: 8_192,
    pricing: { input, output },
    architecture: { input_modalities: inputModalities, output_modalities: ['text'] },
    providers: [],
  }
}
