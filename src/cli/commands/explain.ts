import type { RouteExplanation } from '../../wire/route-explanation.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, usageError } from '../command-error.ts'
import { printJson } from '../terminal.ts'
import { call, errorTextOf } from '../worker/http-call.ts'
import { findWorker, requireApiKey, WORKER_FLAGS } from '../worker/worker-access.ts'

const BYTES_PER_TOKEN = 4
const MAX_TOKENS = 2_000_000

/** `hugway explain`. */
export const explain: Command = {
  spec: {
    name: 'explain',
    positionals: '[MODEL]',
    summary: 'Tells who would be asked for a chat, in which order and why. Nobody is asked.',
    details:
      'MODEL is an alias or a ref; without one it is the primary. --provider takes the wishes as a request has them.',
    flags: {
      ...WORKER_FLAGS,
      tools: { kind: 'switch', help: 'the request uses tools' },
      images: { kind: 'switch', help: 'it shows an image' },
      structured: { kind: 'switch', help: 'it wants JSON by a schema' },
      tokens: { kind: 'text', value: 'N', help: 'about so many tokens of prompt' },
      'max-tokens': { kind: 'text', value: 'N', help: 'its limit for the answer' },
      provider: { kind: 'text', value: 'JSON', help: 'wishes, e.g. \'{"sort": "price", "ignore": ["groq"]}\'' },
      json: { kind: 'switch', help: 'for a script: the whole plan as one JSON value' },
    },
  },
  async run(context) {
    const access = findWorker(context.args, context.project)
    const answer = await call(`${access.url}/v1/route/explain`, {
      method: 'POST',
      headers: { authorization: `Bearer ${requireApiKey(access)}`, 'content-type': 'application/json' },
      body: JSON.stringify(requestOf(context)),
    })
    if (answer.status !== 200) throw new CommandError(errorTextOf(answer))
    const explanation = answer.body as RouteExplanation // of a Worker of this version
    if (context.args.has('json')) printJson(context.terminal, explanation)
    else for (const line of describe(explanation)) context.terminal.print(line)
    return undefined
  },
}

function requestOf({ args }: CommandContext): object {
  const [model] = args.positionals
  const text = 'x'.repeat((countOf(args.text('tokens'), 'tokens') ?? 0) * BYTES_PER_TOKEN)
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  const maxTokens = countOf(args.text('max-tokens'), 'max-tokens')
  const provider = args.text('provider')
  return {
    ...(model !== undefined && { model }),
    messages: [{ role: 'user', content: args.has('images') ? [{ type: 'text', text }, image] : text }],
    ...(args.has('tools') && { tools: [{ type: 'function', function: { name: 'any' } }] }),
    ...(args.has('structured') && { response_format: { type: 'json_schema' } }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(provider !== undefined && { provider: jsonOf(provider) }),
  }
}

/** The explanation as a person reads it. */
function describe(explained: RouteExplanation): readonly string[] {
  const { asked, means, targets, skipped, models, estimates, bounds } = explained
  const name = asked === null ? 'no model' : `"${asked}"`
  const { promptTokens, answerTokens } = estimates
  return [
    `${name} means ${means.ref} (${means.as === 'primary' ? 'the primary model' : `an ${means.as}`.replace('an ref', 'a ref')})`,
    `about ${promptTokens} tokens of prompt and ${answerTokens} of answer; at most ${bounds.totalMs / 1_000} s`,
    '',
    'asked in this order:',
    ...targets.map(({ target, breaker }, place) => {
      const state = breaker === 'closed' ? '' : `  (breaker ${breaker})`
      return `  ${place + 1}. ${target}${state}${describeScore(explained, target)}`
    }),
    ...skipped.map(({ target, because }) => `  -  ${target}  skipped: ${because}`),
    ...models.flatMap(describeModel),
    '',
    `project ${bounds.project}, key ${bounds.key}, configuration ${explained.config}`,
  ]
}

function describeScore({ models }: RouteExplanation, target: string): string {
  const found = models.flatMap(({ candidates }) => candidates).find((candidate) => candidate.target === target)
  if (!found) return ''
  const { estimatedUsd, firstTokenMs, tokensPerSecond, attempts, setBack } = found
  const price = estimatedUsd === null ? 'no price known' : `$${estimatedUsd.toFixed(6)}`
  const seen = attempts > 0 ? `seen ${attempts.toFixed(0)} times` : 'by the catalogue'
  const behind = setBack.length > 0 ? `; set back: ${setBack.join(', ')}` : ''
  return `  ${price}, first token ${Math.round(firstTokenMs)} ms, ${tokensPerSecond.toFixed(0)} tokens/s (${seen})${behind}`
}

function describeModel({
  ref,
  resolvedBy,
  rankedBy,
  dropped,
  firstBecause,
  routerMayChoose,
}: RouteExplanation['models'][number]): string[] {
  const who =
    resolvedBy === 'own'
      ? `hugway names the provider${rankedBy === null ? '' : `, ranked by ${rankedBy}`}`
      : 'goes up as it is written'
  const first =
    firstBecause === null
      ? ''
      : `; the first one ${firstBecause === 'explores' ? 'is tried to learn of it' : 'answered this conversation last'}`
  const among = routerMayChoose.map(({ provider }) => provider)
  return [
    '',
    `${ref}: ${who}${first}`,
    ...(among.length > 0 ? [`  the router chooses among: ${among.join(', ')}`] : []),
    ...dropped.map(({ target, because }) => `  not asked: ${target}, ${because}`),
  ]
}

function countOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (count >= 1 && count <= MAX_TOKENS) return count
  throw usageError(`--${flag} takes a number of tokens from 1 to ${MAX_TOKENS}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CommandError('--provider takes JSON such as {"only": ["groq"]}', { exitCode: 2, cause })
  }
}
