import { priceFor } from '../onboard/model-choices.ts'
import type { SnippetFacts } from './snippet-facts.ts'

/** Programs that are configured by a file or a form, not by code. The key stays a reference where they know one. */

export function formatLitellm({ url, primary }: SnippetFacts): string {
  return `# config.yaml of the LiteLLM proxy
model_list:
  - model_name: ${primary.id}
    litellm_params:
      model: openai/${primary.id}
      api_base: ${url}/v1
      api_key: os.environ/HUGWAY_API_KEY
litellm_settings:
  num_retries: 0 # hugway has repeated already`
}

export function formatOpenWebUi({ url }: SnippetFacts): string {
  const isLocal = /\/\/(?:127\.0\.0\.1|localhost)\b/.test(url)
  const note = isLocal
    ? '# Inside a container 127.0.0.1 is the container: npm start -- --host 0.0.0.0, and this address.\n'
    : ''
  const reached = url.replace(/127\.0\.0\.1|localhost/, 'host.docker.internal')
  return `${note}docker run -d -p 3000:8080 --add-host=host.docker.internal:host-gateway \\
  -e OPENAI_API_BASE_URL=${reached}/v1 -e OPENAI_API_KEY="$HUGWAY_API_KEY" \\
  -v open-webui:/app/backend/data ghcr.io/open-webui/open-webui:main`
}

export function formatCline({ url, primary }: SnippetFacts): string {
  const context = primary['context_length']
  return [
    '# Cline, settings of the extension',
    'API Provider     OpenAI Compatible',
    `Base URL         ${url}/v1`,
    'API Key          the client key (HUGWAY_API_KEY)',
    `Model ID         ${primary.id}`,
    ...(typeof context === 'number' ? [`Context Window   ${context}`] : []),
  ].join('\n')
}

export function formatContinue({ url, primary }: SnippetFacts): string {
  return `# ~/.continue/config.yaml; the key stands in ~/.continue/.env as HUGWAY_API_KEY=...
name: hugway
version: 0.0.1
schema: v1
models:
  - name: ${JSON.stringify(primary.name)}
    provider: openai
    model: ${primary.id}
    apiBase: ${url}/v1
    apiKey: \${{ secrets.HUGWAY_API_KEY }}
    roles: [chat, edit, apply]`
}

export function formatOpencode({ url, primary, rows }: SnippetFacts): string {
  const models = rows.map((row) => {
    const price = priceFor(row, undefined)
    const context = row['context_length']
    const output = row['max_completion_tokens']
    const hasLimit = typeof context === 'number' && typeof output === 'number'
    return [
      row.id,
      {
        name: row.name,
        ...(hasLimit && { limit: { context, output } }),
        ...(price && { cost: { input: price.input, output: price.output } }),
      },
    ]
  })
  const options = { baseURL: `${url}/v1`, apiKey: '{env:HUGWAY_API_KEY}' }
  const provider = { npm: '@ai-sdk/openai-compatible', name: 'hugway', options, models: Object.fromEntries(models) }
  const document = {
    $schema: 'https://opencode.ai/config.json',
    model: `hugway/${primary.id}`,
    provider: { hugway: provider },
  }
  return JSON.stringify(document, undefined, 2)
}
