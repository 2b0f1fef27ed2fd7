/** What OpenClaw makes of the refusals by which a key is bound: it must wait, go to its next model, or say what is wrong. */
import { ANSWER, completion, describe, FALLBACK, PRIMARY, wholeTurnProblems } from './scenarios.mjs'
import { runTurn } from './turn.mjs'

/** No provider of the simulator's list tells a price of it. */
const UNPRICED = 'CohereLabs/command-a-03-2025'
/** What cannot be is not repeated; what may pass is, for about 90 seconds. */
const [ONCE, SOME_TIMES] = [1, 20]

/** Of the chain that hugway itself tries there is one target: it is OpenClaw that has to go on. */
const boundTo = (bounds) => ({
  agents: { defaults: { model: { primary: `huggingface/${PRIMARY}` } } },
  hugway: { projects: { default: bounds }, holdMs: 300 },
})
const USED_UP = boundTo({ budget: { usd: 0.000001, per: 'total' } })

/** A ledger that nobody reaches. */
const BROKEN_LEDGER = `import { DurableObject } from 'cloudflare:workers'
export class ProjectLedger extends DurableObject {
  async exchange() { throw new Error('broken') }
  async report() { throw new Error('broken') }
}
export default { fetch: () => new Response(null, { status: 404 }) }
`

/** @type {import('./scenarios.mjs').Scenario[]} */
export const REFUSALS = [
  {
    title: 'budget used up -> another provider of OpenClaw answers',
    config: USED_UP,
    answer: () => completion,
    play: async (target) => {
      const turn = await runTurn({
        ...target,
        models: [PRIMARY],
        spare: { baseUrl: target.upstreamUrl, model: FALLBACK },
      })
      return judge(turn, target, ['insufficient_quota'])
    },
  },
  {
    title: 'budget used up, no other provider -> says so at once',
    config: USED_UP,
    answer: () => completion,
    play: (target) => playRefused(target, ['insufficient_quota'], /billing|credit|payment|budget/i),
  },
  {
    title: 'model not allowed -> its next model answers',
    config: boundTo({ models: [`huggingface/${FALLBACK}`] }),
    answer: () => completion,
    play: (target) => playNext(target, [PRIMARY, FALLBACK], ['model_not_found', 'whole']),
  },
  {
    title: 'no model allowed that it knows -> says so at once',
    config: boundTo({ models: [`huggingface/${FALLBACK}`] }),
    answer: () => completion,
    play: (target) => playRefused(target, ['model_not_found'], /model/i),
  },
  {
    title: 'model without a price -> its next model answers',
    config: boundTo({ budget: { usd: 100, per: 'total' } }),
    answer: () => completion,
    play: (target) => playNext(target, [UNPRICED, FALLBACK], ['unpriced_model', 'whole']),
  },
  {
    title: 'rate limited for seconds -> waits, and the same model answers',
    config: boundTo({ limits: { requestsPerMinute: 6 } }),
    answer: () => completion,
    play: async (target) => {
      await askOften(target, 12)
      return judge(await runTurn({ ...target, models: [PRIMARY, FALLBACK] }), target, [
        'whole',
        'rate_limit_exceeded',
        'whole',
      ])
    },
  },
  {
    title: 'ledger does not answer -> a readable error',
    config: boundTo({ budget: { usd: 100, per: 'total' } }),
    ledgerModule: BROKEN_LEDGER,
    answer: () => completion,
    play: (target) => playRefused(target, ['ledger_unavailable'], /overloaded|unavailable/i, SOME_TIMES),
  },
]

async function playNext(target, models, ends) {
  return judge(await runTurn({ ...target, models }), target, ends)
}

/** A turn that is answered; `ends` are what the gateway made of the requests of it, repeats of one counted once. */
function judge(turn, target, ends) {
  const problems = wholeTurnProblems(turn)
  if (turn.ok && turn.text !== ANSWER) problems.push(`its final text is not the answer, ${JSON.stringify(ANSWER)}`)
  return { problems: [...problems, ...wayProblems(target, ends)], saw: describe(turn) }
}

async function playRefused(target, ends, says, mostRequests = ONCE) {
  const turn = await runTurn({ ...target, models: [PRIMARY] })
  const problems = wayProblems(target, ends)
  if (turn.ok) problems.push('it took a refusal for an answer')
  if (!turn.isReadable) problems.push('it printed no JSON')
  if (!says.test(turn.error)) problems.push(`its error does not say ${says}`)
  if (target.ends().length > mostRequests) problems.push(`it sent ${target.ends().length} requests`)
  return { problems, saw: describe(turn) }
}

function wayProblems({ ends }, wanted) {
  const way = ends().filter((end, index, all) => end !== all[index - 1])
  return way.join() === wanted.join() ? [] : [`its requests ended ${way.join(', ')}, not ${wanted.join(', ')}`]
}

/** Uses a rate up. */
async function askOften({ baseUrl, apiKey }, count) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: PRIMARY, messages: [{ role: 'user', content: 'hi' }] })
  for (let asked = 0; asked < count; asked++) {
    const response = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', headers, body })
    await response.text()
    if (response.status === 429) return
  }
}
