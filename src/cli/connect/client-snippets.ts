import type { CatalogRow } from '../../core/catalog/catalog.ts'
import { parseModelRef } from '../../core/routing/model-ref.ts'
import { formatJson5 } from '../../json/json5-edit.ts'
import { priceFor } from '../onboard/model-choices.ts'
import { listOf } from '../worker/http-call.ts'
import { formatCline, formatContinue, formatLitellm, formatOpencode, formatOpenWebUi } from './app-snippets.ts'
import type { SnippetFacts } from './snippet-facts.ts'

/** The clients that there is a snippet for. */
export const CLIENTS = [
  ...(['openclaw', 'codex', 'claude-code', 'openai', 'openai-python', 'ai-sdk', 'langchain', 'curl'] as const),
  ...(['litellm', 'open-webui', 'cline', 'continue', 'opencode'] as const),
] as const
export type ClientName = (typeof CLIENTS)[number]

/** OpenClaw asks for a model list by itself under this provider id, and under no other that is free. */
const DISCOVERING_ID = 'litellm'
const DEFAULT_MAX_TOKENS = 8_192

/** The configuration or the code for one client, ready to be pasted. The key stays a reference. */
export function formatSnippet(client: ClientName, facts: SnippetFacts): string {
  return FORMATS[client](facts)
}

const FORMATS: Readonly<Record<ClientName, (facts: SnippetFacts) => string>> = {
  openclaw: ({ url, primary, rows }) => {
    const provider = {
      baseUrl: `${url}/v1`,
      apiKey: '$' + '{HUGWAY_API_KEY}',
      api: 'openai-completions',
      models: rows.map(toOpenClawRow),
    }
    const document = {
      agents: { defaults: { model: { primary: `${DISCOVERING_ID}/${primary.id}` } } },
      models: { mode: 'merge', providers: { [DISCOVERING_ID]: provider } },
    }
    return [
      '// Merge into openclaw.json; set HUGWAY_API_KEY in the environment or in ~/.openclaw/.env.',
      `// The provider id "${DISCOVERING_ID}" makes OpenClaw read ${url}/v1/models by itself; hugway does the fallback.`,
      formatJson5(document),
    ].join('\n')
  },
  // A string of TOML's is one of JSON's.
  codex: ({ url, primary }) => `# ~/.codex/config.toml; HUGWAY_API_KEY is read from the environment.
model = ${JSON.stringify(primary.id)}
model_provider = "hugway"${contextLine(primary)}

[model_providers.hugway]
name = "hugway"
base_url = ${JSON.stringify(`${url}/v1`)}
env_key = "HUGWAY_API_KEY"
wire_api = "responses"
# hugway has tried again already, and every fallback: repeating it all only costs.
request_max_retries = 0
# A stream that broke in the middle is worth another try.
stream_max_retries = 2`,
  'claude-code': ({ url, primary }) => `# For the shell that starts Claude Code.
export ANTHROPIC_BASE_URL=${url}
export ANTHROPIC_AUTH_TOKEN="$HUGWAY_API_KEY"
export ANTHROPIC_MODEL='${primary.id}'
# What it asks by itself, for titles and summaries.
export ANTHROPIC_DEFAULT_HAIKU_MODEL='${primary.id}'
# Nobody but this deployment is asked.
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
claude`,
  openai: ({ url, primary }) => `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${url}/v1', apiKey: process.env.HUGWAY_API_KEY })

const stream = await client.chat.completions.create({
  model: '${primary.id}',
  messages: [{ role: 'user', content: 'Say hello' }],
  stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '')`,
  'ai-sdk': ({ url, primary }) => `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'

const hugway = createOpenAICompatible({
  name: 'hugway',
  baseURL: '${url}/v1',
  apiKey: process.env.HUGWAY_API_KEY,
  includeUsage: true,
})

// hugway has tried again already, and every fallback: repeating it all only costs.
const { textStream } = streamText({ model: hugway('${primary.id}'), prompt: 'Say hello', maxRetries: 0 })
for await (const text of textStream) process.stdout.write(text)`,
  langchain: ({ url, primary }) => `import { ChatOpenAI } from '@langchain/openai'

const model = new ChatOpenAI({
  model: '${primary.id}',
  apiKey: process.env.HUGWAY_API_KEY,
  configuration: { baseURL: '${url}/v1' },
  maxRetries: 0, // hugway has tried again already, and every fallback
})

for await (const chunk of await model.stream('Say hello')) process.stdout.write(String(chunk.content))`,
  curl: ({ url, primary, exporting }) => `${exporting}
curl -N ${url}/v1/chat/completions \\
  -H "Authorization: Bearer $HUGWAY_API_KEY" -H 'Content-Type: application/json' \\
  -d '{"model": "${primary.id}", "stream": true, "messages": [{"role": "user", "content": "Say hello"}]}'`,
  'openai-python': ({ url, primary }) => `import os
from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key=os.environ["HUGWAY_API_KEY"])

stream = client.chat.completions.create(
    model="${primary.id}",
    messages=[{"role": "user", "content": "Say hello"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`,
  litellm: formatLitellm,
  'open-webui': formatOpenWebUi,
  cline: formatCline,
  continue: formatContinue,
  opencode: formatOpencode,
}

/** Codex knows no model of Hugging Face's: without this line it compacts a conversation by a guess. */
function contextLine(row: CatalogRow): string {
  const context = row['context_length']
  return typeof context === 'number' ? `\nmodel_context_window = ${context}` : ''
}

/** OpenClaw sends no `stream_options` to a remote host unless it is told that usage comes in a stream. */
function toOpenClawRow(row: CatalogRow) {
  const parsed = parseModelRef(row.id)
  const routing = parsed.ok ? parsed.value.routing : undefined
  const policy = routing?.kind === 'policy' && routing.policy !== 'preferred' ? routing.policy : undefined
  const price = priceFor(row, policy)
  const input = listOf(row['input_modalities']).filter((one) => one === 'text' || one === 'image')
  return {
    id: row.id,
    name: row.name,
    reasoning: row['reasoning'] === true,
    input: input.length > 0 ? input : ['text'],
    ...(price && { cost: { input: price.input, output: price.output, cacheRead: 0, cacheWrite: 0 } }),
    ...(typeof row['context_length'] === 'number' && { contextWindow: row['context_length'] }),
    maxTokens: typeof row['max_completion_tokens'] === 'number' ? row['max_completion_tokens'] : DEFAULT_MAX_TOKENS,
    compat: { supportsUsageInStreaming: true },
  }
}
