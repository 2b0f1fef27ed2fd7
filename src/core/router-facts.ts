/** Hugging Face's router, unless `HF_BASE_URL` names another upstream. */
export const ROUTER_BASE_URL = 'https://router.huggingface.co/v1'

/** The settings that may hold the router's token. The first one that is set is used. */
export const TOKEN_NAMES = ['HUGGINGFACE_HUB_TOKEN', 'HF_TOKEN'] as const

/** The token with which `npm start` puts a simulator in the router's place. */
export const SIMULATED_TOKEN = 'hf_simulated'

/** Whom a deployment asks for answers. */
export type UpstreamKind = 'hugging_face' | 'simulator' | 'other'

export function upstreamKind(baseUrl: string, token: string | undefined): UpstreamKind {
  if (token === SIMULATED_TOKEN) return 'simulator'
  return baseUrl === ROUTER_BASE_URL ? 'hugging_face' : 'other'
}

/** What stands in examples in place of a token, and is none. */
export const TOKEN_PLACEHOLDER = 'hf_...'

/** The product's default model, where nothing is configured and nothing asked for. */
export const DEFAULT_MODEL = 'huggingface/deepseek-ai/DeepSeek-R1'
