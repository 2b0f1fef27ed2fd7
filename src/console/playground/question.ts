/** What is asked in the playground. */
export type Question = {
  readonly model: string
  readonly system: string
  readonly prompt: string
  readonly maxTokens: string
  readonly stream: boolean
  readonly tools: boolean
}

const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

/** The body of the chat request: what the curl and the SDK's call say as well. */
export function toBody(question: Question): Record<string, unknown> {
  const { model, system, prompt, maxTokens, stream, tools } = question
  const limit = Number(maxTokens)
  return {
    ...(model.trim() !== '' && { model: model.trim() }),
    messages: [
      ...(system.trim() === '' ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: prompt },
    ],
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
    ...(Number.isSafeInteger(limit) && limit > 0 && { max_tokens: limit }),
    ...(tools && { tools: [TOOL] }),
  }
}

export const WAYS = ['curl', 'OpenAI SDK', 'OpenClaw'] as const
export type Way = (typeof WAYS)[number]

/** The same question for a shell, a program, or a chat gateway. No key stands in it: its holder puts it there. */
export function toSnippet(way: Way, question: Question, origin: string): string {
  const body = toBody(question)
  switch (way) {
    case 'curl':
      return [
        `curl${question.stream ? ' -N' : ''} ${origin}/v1/chat/completions \\`,
        `  -H "authorization: Bearer $HUGWAY_API_KEY" -H 'content-type: application/json' \\`,
        `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
      ].join('\n')
    case 'OpenAI SDK':
      return [
        "import OpenAI from 'openai'",
        '',
        `const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.HUGWAY_API_KEY })`,
        `const answer = await client.chat.completions.create(${JSON.stringify({ model: 'default', ...body }, null, 2)})`,
        question.stream
          ? "for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta?.content ?? '')"
          : 'console.log(answer.choices[0]?.message.content)',
      ].join('\n')
    case 'OpenClaw': {
      const id = question.model.trim() || 'default'
      const provider = {
        baseUrl: `${origin}/v1`,
        apiKey: '\u0024{HUGWAY_API_KEY}',
        api: 'openai-completions',
        models: [{ id, name: id }],
      }
      const agents = { defaults: { model: { primary: `hugway/${id}` } } }
      return JSON.stringify({ models: { mode: 'merge', providers: { hugway: provider } }, agents }, null, 2)
    }
  }
}
