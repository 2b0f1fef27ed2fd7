/**
 * What editors say about each key of the configuration, by its path: `*` is any key, `[]` any element. Kept apart from the
 * Zod schema so that the Worker does not carry it twice.
 */
const REF = 'Form: huggingface/<org>/<model>[:fastest|:cheapest|:preferred|:<provider>].'
const timeouts = (path, whose) => ({
  [path]: { description: `Limits of ${whose}, in milliseconds.` },
  [`${path}.headersMs`]: {
    description:
      'With firstTokenMs, in sum, the wait for a stream’s first event of substance; alone, that for the headers of a target that was just silent.',
    default: 30_000,
  },
  [`${path}.firstTokenMs`]: {
    description: 'See headersMs: a provider may send its headers with its first token, so the two are one wait.',
    default: 120_000,
  },
  [`${path}.idleMs`]: { description: 'The longest silence in a stream that has begun.', default: 90_000 },
  [`${path}.totalMs`]: { description: 'The whole request, all attempts together.', default: 600_000 },
})
const WISHES = 'OpenRouter’s name for it; a request’s own `provider` wins.'
const routing = (path, whose) => ({
  [path]: { description: `Which provider serves ${whose}. See docs/routing.md.` },
  [`${path}.resolve`]: {
    description: 'Who chooses the provider of a ref without a suffix: Hugging Face’s router, or hugway itself.',
    default: 'router',
  },
  [`${path}.policies`]: {
    description: 'Who chooses for refs with :fastest and :cheapest.',
    default: 'router',
  },
  [`${path}.provider`]: { description: `Wishes about providers for requests that have none. ${WISHES}` },
  ...list(`${path}.provider.order`, 'Asked first, in this order.'),
  ...list(`${path}.provider.only`, 'Nobody else is asked.'),
  ...list(`${path}.provider.ignore`, 'Never asked.'),
  [`${path}.provider.allow_fallbacks`]: {
    description: 'false: only those of `order`, or without it only the best provider of each model.',
    default: true,
  },
  [`${path}.provider.require_parameters`]: {
    description:
      'true: only providers that are known to support what the request uses (tools, structured output, images).',
    default: false,
  },
  [`${path}.provider.sort`]: {
    description: 'What the best is: the price of the request, tokens a second, or the wait.',
  },
  [`${path}.provider.max_price`]: {
    description: 'US dollars per million tokens. Who costs more, or tells no price, is not asked.',
  },
  [`${path}.provider.max_price.prompt`]: { description: 'For a million tokens of the prompt.' },
  [`${path}.provider.max_price.completion`]: { description: 'For a million tokens of the answer.' },
  [`${path}.provider.preferred_min_throughput`]: { description: 'Tokens a second; slower ones come later.' },
  [`${path}.provider.preferred_max_latency`]: { description: 'Seconds until the first token; slower ones come later.' },
})
const list = (path, description) => ({
  [path]: { description, examples: [['groq', 'together']] },
  [`${path}[]`]: { description: 'A provider, as the router takes it behind the colon.' },
})
const projects = (path) => ({
  'hugway.projects': {
    description: 'Projects by id: what keys are grouped by. Keys that name none are in `default`.',
    examples: [{ research: { name: 'Research', budget: { usd: 200, per: 'month' } } }],
  },
  [path]: { description: 'What its keys may do together; the bounds of each key hold beside it.' },
  [`${path}.name`]: { description: 'The name to show.' },
  [`${path}.budget`]: { description: 'How much may be spent, and when it begins anew.' },
  [`${path}.budget.usd`]: { description: 'US dollars.' },
  [`${path}.budget.per`]: { description: 'The period; "total" never begins anew.' },
  [`${path}.limits`]: { description: 'Rates, over all isolates.' },
  [`${path}.limits.requestsPerMinute`]: {
    description: 'Requests a minute: as many may come at once after a quiet minute, then evenly.',
  },
  [`${path}.limits.tokensPerMinute`]: { description: 'Tokens a minute, of prompts and answers.' },
  [`${path}.limits.concurrent`]: { description: 'Requests at once.' },
  [`${path}.models`]: { description: 'What may be asked for; everything, where it is absent.' },
  [`${path}.models[]`]: { description: 'An alias, a ref, or every model of an organisation: `Qwen/*`.' },
  [`${path}.billTo`]: { description: 'Sent as X-HF-Bill-To: an organisation that pays.' },
})
const ROW = 'models.providers.huggingface.models'

export const DESCRIPTIONS = {
  '': { description: 'The configuration of hugway: the part of openclaw.json that concerns models, and hugway’s own.' },
  $schema: { description: 'The address of this schema, for editors. Not used otherwise.' },
  agents: { description: 'OpenClaw’s block of agents; only the models of the defaults concern the gateway.' },
  'agents.defaults': { description: 'Which model a request gets and by what names models are known.' },
  'agents.defaults.model': {
    description: `The primary model, alone or with fallbacks. ${REF}`,
    default: 'huggingface/deepseek-ai/DeepSeek-R1',
    examples: [
      'huggingface/deepseek-ai/DeepSeek-R1',
      { primary: 'huggingface/deepseek-ai/DeepSeek-R1:fastest', fallbacks: ['huggingface/Qwen/Qwen3-32B'] },
    ],
  },
  'agents.defaults.model.primary': { description: `The model of a request that names none, or "default". ${REF}` },
  'agents.defaults.model.fallbacks': { description: 'The models tried next, in order, when one fails.', default: [] },
  'agents.defaults.model.fallbacks[]': { description: `A model ref. ${REF}` },
  'agents.defaults.models': {
    description: `Models by ref, to give them names. ${REF}`,
    examples: [{ 'huggingface/deepseek-ai/DeepSeek-R1': { alias: 'DeepSeek R1' } }],
  },
  'agents.defaults.models.*': { description: 'What is set for this model.' },
  'agents.defaults.models.*.alias': {
    description: 'A name that requests may use instead of the ref, without regard to case. No slash; not "default".',
  },
  models: { description: 'The model list.' },
  'models.mode': {
    description:
      '"merge" adds the rows below to those the router lists; "replace" serves what the document names alone.',
    default: 'merge',
  },
  'models.providers': { description: 'Providers; there is one.' },
  'models.providers.huggingface': { description: 'OpenClaw’s provider block, accepted as it is.' },
  'models.providers.huggingface.baseUrl': {
    description: 'Only https://router.huggingface.co/v1 or absent: another upstream is the deployment’s HF_BASE_URL.',
  },
  'models.providers.huggingface.api': { description: 'Only "openai-completions".' },
  'models.providers.huggingface.apiKey': {
    description: 'Only the name of a variable, as in HF_TOKEN. The token is a secret of the deployment.',
  },
  [ROW]: { description: 'Rows of the model list that win over the router’s.', default: [] },
  [`${ROW}[]`]: { description: 'One model. Other keys are kept and listed as they are; secrets are refused anywhere.' },
  [`${ROW}[].id`]: { description: `Which model. ${REF}` },
  [`${ROW}[].name`]: { description: 'The name to show.' },
  [`${ROW}[].alias`]: { description: 'A name that requests may use instead of the ref.' },
  [`${ROW}[].contextWindow`]: { description: 'Tokens that the context holds.' },
  [`${ROW}[].maxTokens`]: { description: 'Tokens that an answer may have at most.' },
  [`${ROW}[].reasoning`]: { description: 'Whether the model reasons before it answers.' },
  [`${ROW}[].input`]: { description: 'What the model takes.', examples: [['text', 'image']] },
  [`${ROW}[].input[]`]: { description: 'A modality, such as "text".' },
  [`${ROW}[].cost`]: { description: 'US dollars per million tokens.', examples: [{ input: 0.05, output: 0.2 }] },
  hugway: { description: 'What is hugway’s own.' },
  'hugway.holdMs': {
    description: 'How long a streamed request may look for a model before heartbeats begin, in milliseconds.',
    default: 15_000,
  },
  ...timeouts('hugway.timeouts', 'every request'),
  'hugway.maxBodyBytes': { description: 'The largest request body, in bytes.', default: 10_485_760 },
  'hugway.maxUpstreamCalls': {
    description: 'Upstream calls that one request may make in all, retries included.',
    default: 8,
  },
  ...projects('hugway.projects.*'),
  'hugway.budgets': { description: 'What holds for every budget.' },
  'hugway.budgets.timeZone': {
    description: 'The IANA time zone by whose calendar days, weeks and months begin.',
    default: 'UTC',
    examples: ['Europe/Berlin'],
  },
  'hugway.budgets.alertAt': {
    description: 'Per cent of a budget at which an alert is told, once each a period.',
    default: [80, 100],
  },
  'hugway.budgets.alertAt[]': { description: 'Per cent.' },
  'hugway.usage': { description: 'What is kept of completions. Never a prompt, never an answer.' },
  'hugway.usage.byUser': {
    description: 'Whether the request’s `user` is kept with its record: not, as a keyed hash, or as it stands.',
    default: 'off',
  },
  'hugway.usage.keepDays': {
    description: 'Days for which single completions are kept; hourly sums are kept for ever.',
    default: 35,
  },
  'hugway.usage.unasked': {
    description:
      'What a stream tells of usage to a client that did not ask: "beside_finish" reason; "pass" for clients that read a last chunk without choices; "estimate" does not ask the upstream either.',
    default: 'beside_finish',
  },
  'hugway.collectMs': {
    description:
      'Events of a stream that is read one by one are handed on together, once in so many milliseconds, and less often as an answer grows long: a fiftieth of its time so far, at most three times as much; 0 hands each on as it comes.',
    default: 40,
  },
  'hugway.keyCopyMs': {
    description: 'How long an isolate’s copy of a client key serves while KV does not answer, in milliseconds.',
    default: 3_600_000,
  },
  'hugway.cors': { description: 'Which browsers may call /v1; none by default.' },
  'hugway.cors.origins': { description: 'Origins, or "*".', examples: [['https://chat.example.com']] },
  'hugway.cors.origins[]': { description: 'An origin without a path, or "*".' },
  'hugway.models': { description: `What holds for one model alone, by ref. ${REF}` },
  'hugway.models.*': { description: 'What is set for this model.' },
  'hugway.models.*.fallbacks': {
    description: 'Its own fallbacks instead of the general ones; `false` or [] for none.',
  },
  'hugway.models.*.fallbacks[]': { description: `A model ref. ${REF}` },
  ...timeouts('hugway.models.*.timeouts', 'requests to this model'),
  ...routing('hugway.routing', 'a request'),
  'hugway.hedge': {
    description:
      'Asks a second target when the first shows no first token in time. Off unless it is set; see docs/routing.md.',
  },
  'hugway.hedge.afterMs': {
    description: 'After so many milliseconds, or after the wait that 95 of 100 answers of this provider stayed below.',
    examples: ['p95', 2_000],
  },
  'hugway.hedge.maxShare': { description: 'The share of requests, over time, that may be asked twice.', default: 0.05 },
  'hugway.routing.explore': {
    description: 'The share of requests that ask another provider than the one that seems fastest, to learn of it.',
    default: 0.05,
  },
  ...routing('hugway.projects.*.routing', 'requests of this project'),
  ...routing('hugway.models.*.routing', 'requests to this model'),
}
