import { describe, expect, test } from 'vitest'
import { buildCatalog } from '../../../src/core/catalog/catalog.ts'
import { formatModelRef } from '../../../src/core/routing/model-ref.ts'
import { planTargets } from '../../../src/core/routing/plan.ts'
import { configOf, textsOf } from '../support/refs.ts'

/** The product page's examples, as they stand there. */
const DEFAULT_MODEL = `{
agents: {
defaults: {
model: { primary: "huggingface/deepseek-ai/DeepSeek-R1" },
},
},
}`
const LABELS = `{
agents: {
defaults: {
models: {
"huggingface/deepseek-ai/DeepSeek-R1": { alias: "DeepSeek R1 (fast)" },
"huggingface/deepseek-ai/DeepSeek-R1:cheapest": { alias: "DeepSeek R1 (cheap)" },
},
},
},
}`
const R1_WITH_FALLBACK = `{
agents: {
defaults: {
model: {
primary: "huggingface/deepseek-ai/DeepSeek-R1",
fallbacks: ["huggingface/Qwen/Qwen3-8B"],
},
models: {
"huggingface/deepseek-ai/DeepSeek-R1": { alias: "DeepSeek R1" },
"huggingface/Qwen/Qwen3-8B": { alias: "Qwen3 8B" },
},
},
},
}`
const QWEN_VARIANTS = `{
agents: {
defaults: {
model: { primary: "huggingface/Qwen/Qwen3-8B" },
models: {
"huggingface/Qwen/Qwen3-8B": { alias: "Qwen3 8B" },
"huggingface/Qwen/Qwen3-8B:cheapest": { alias: "Qwen3 8B (cheapest)" },
"huggingface/Qwen/Qwen3-8B:fastest": { alias: "Qwen3 8B (fastest)" },
},
},
},
}`
const THREE_MODELS = `{
agents: {
defaults: {
model: {
primary: "huggingface/deepseek-ai/DeepSeek-V3.2",
fallbacks: [
"huggingface/meta-llama/Llama-3.3-70B-Instruct",
"huggingface/openai/gpt-oss-120b",
],
},
models: {
"huggingface/deepseek-ai/DeepSeek-V3.2": { alias: "DeepSeek V3.2" },
"huggingface/meta-llama/Llama-3.3-70B-Instruct": { alias: "Llama 3.3 70B" },
"huggingface/openai/gpt-oss-120b": { alias: "GPT-OSS 120B" },
},
},
},
}`
const PINNED_PROVIDER = `{
agents: {
defaults: {
model: { primary: "huggingface/deepseek-ai/DeepSeek-R1:together" },
models: {
"huggingface/deepseek-ai/DeepSeek-R1:together": { alias: "DeepSeek R1 (Together)" },
},
},
},
}`
const SUFFIXES = `{
agents: {
defaults: {
model: { primary: "huggingface/Qwen/Qwen2.5-7B-Instruct:cheapest" },
models: {
"huggingface/Qwen/Qwen2.5-7B-Instruct": { alias: "Qwen2.5 7B" },
"huggingface/Qwen/Qwen2.5-7B-Instruct:cheapest": { alias: "Qwen2.5 7B (cheap)" },
"huggingface/deepseek-ai/DeepSeek-R1:fastest": { alias: "DeepSeek R1 (fast)" },
"huggingface/meta-llama/Llama-3.1-8B-Instruct": { alias: "Llama 3.1 8B" },
},
},
},
}`

type Example = {
  readonly document: string
  /** What a request without a model tries, in order. */
  readonly targets: readonly string[]
  /** What each alias means. */
  readonly aliases: Readonly<Record<string, string>>
}

describe('an example of the product page, pasted verbatim', () => {
  const examples: [title: string, example: Example][] = [
    [
      'sets or changes the default model',
      { document: DEFAULT_MODEL, targets: ['deepseek-ai/DeepSeek-R1'], aliases: {} },
    ],
    [
      'gives a model and its cheap variant labels of their own',
      {
        document: LABELS,
        targets: ['deepseek-ai/DeepSeek-R1'],
        aliases: {
          'DeepSeek R1 (fast)': 'deepseek-ai/DeepSeek-R1',
          'DeepSeek R1 (cheap)': 'deepseek-ai/DeepSeek-R1:cheapest',
        },
      },
    ],
    [
      'has DeepSeek R1 fall back to Qwen',
      {
        document: R1_WITH_FALLBACK,
        targets: ['deepseek-ai/DeepSeek-R1', 'Qwen/Qwen3-8B'],
        aliases: { 'DeepSeek R1': 'deepseek-ai/DeepSeek-R1', 'Qwen3 8B': 'Qwen/Qwen3-8B' },
      },
    ],
    [
      'has Qwen with its cheapest and fastest variants',
      {
        document: QWEN_VARIANTS,
        targets: ['Qwen/Qwen3-8B'],
        aliases: {
          'Qwen3 8B': 'Qwen/Qwen3-8B',
          'Qwen3 8B (cheapest)': 'Qwen/Qwen3-8B:cheapest',
          'Qwen3 8B (fastest)': 'Qwen/Qwen3-8B:fastest',
        },
      },
    ],
    [
      'has DeepSeek fall back to Llama and then to GPT-OSS',
      {
        document: THREE_MODELS,
        targets: ['deepseek-ai/DeepSeek-V3.2', 'meta-llama/Llama-3.3-70B-Instruct', 'openai/gpt-oss-120b'],
        aliases: {
          'DeepSeek V3.2': 'deepseek-ai/DeepSeek-V3.2',
          'Llama 3.3 70B': 'meta-llama/Llama-3.3-70B-Instruct',
          'GPT-OSS 120B': 'openai/gpt-oss-120b',
        },
      },
    ],
    [
      'forces a backend',
      {
        document: PINNED_PROVIDER,
        targets: ['deepseek-ai/DeepSeek-R1:together'],
        aliases: { 'DeepSeek R1 (Together)': 'deepseek-ai/DeepSeek-R1:together' },
      },
    ],
    [
      'mixes several models and suffixes',
      {
        document: SUFFIXES,
        targets: ['Qwen/Qwen2.5-7B-Instruct:cheapest'],
        aliases: {
          'Qwen2.5 7B': 'Qwen/Qwen2.5-7B-Instruct',
          'Qwen2.5 7B (cheap)': 'Qwen/Qwen2.5-7B-Instruct:cheapest',
          'DeepSeek R1 (fast)': 'deepseek-ai/DeepSeek-R1:fastest',
          'Llama 3.1 8B': 'meta-llama/Llama-3.1-8B-Instruct',
        },
      },
    ],
  ]
  test.each(examples)('%s', (_title, { document, targets, aliases }) => {
    const config = configOf(document)
    const planned = planTargets(config, { model: undefined, models: undefined, fallbackOff: false })
    expect(planned.ok && textsOf(planned.value)).toEqual(targets)
    const meant = [...config.aliasByRef].map(([ref, alias]) => [alias, ref.replace('huggingface/', '')])
    expect(Object.fromEntries(meant)).toEqual(aliases)

    const { rows } = buildCatalog(undefined, config)
    for (const [alias, ref] of Object.entries(aliases)) {
      const named = planTargets(config, { model: `  ${alias.toUpperCase()} `, models: undefined, fallbackOff: true })
      expect(named.ok && textsOf(named.value), alias).toEqual([ref])
      expect(rows.filter(({ id }) => id === `huggingface/${ref}`).map(({ name }) => name)).toEqual([alias])
    }
    expect(rows.map(({ id }) => id)).toContain(formatModelRef(config.primary))
  })
})
