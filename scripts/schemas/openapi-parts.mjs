import * as z from 'zod/mini'
import { changeKeySchema, newKeySchema, rollbackSchema, rotateKeySchema } from '../../src/wire/admin/admin-requests.ts'
import { signInSchema } from '../../src/wire/admin/session.ts'
import { whatIfSchema } from '../../src/wire/admin/what-if.ts'

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const number = { type: 'number' }
const time = { type: 'string', format: 'date-time' }
const orNull = (schema) => ({ ...schema, type: [schema.type, 'null'] })
const list = (items) => ({ type: 'array', items })
const named = (name) => ({ $ref: `#/components/schemas/${name}` })
const object = (properties, optional = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
})

function fromZod(schema) {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const offer = { model: text, provider: text }
const budget = object({ usd: number, per: { type: 'string', enum: ['day', 'week', 'month', 'total'] } })
const budgetReport = {
  allOf: [budget, object({ spentNanoUsd: count, heldNanoUsd: count, remainingNanoUsd: count, resetsAt: orNull(time) })],
}
const limits = object({ requestsPerMinute: count, tokensPerMinute: count, concurrent: count }, [
  'requestsPerMinute',
  'tokensPerMinute',
  'concurrent',
])
const replayed = object({ asked: text, from: text, to: text, requests: count })
const keyFacts = { id: text, name: text, createdAt: orNull(time), expiresAt: orNull(time), project: text }
const sums = {
  requests: count,
  failed: count,
  promptTokens: count,
  completionTokens: count,
  cachedTokens: count,
  reasoningTokens: count,
  costNanoUsd: count,
  costUsd: number,
  estimated: count,
  unpriced: count,
}
const quantiles = {
  ...object({ p50: orNull(number), p95: orNull(number) }),
  description:
    'Milliseconds, estimated from how many times lay between bounds (100, 250, 500 ms, 1, 2.5, 5, 10, 30 s, 1, 2, 5 min): off by the width of one such step at most, and never told beyond 5 min.',
}
/** First tokens of streams; durations of what ended whole. */
const usageTimes = { firstTokenMs: quantiles, durationMs: quantiles }
const created = {
  ...keyFacts,
  createdAt: time,
  key: { type: 'string', pattern: '^hw_', description: 'Shown only here.' },
}
const version = {
  id: text,
  at: time,
  author: text,
  action: { type: 'string', enum: ['put', 'patch', 'rollback', 'by_hand'] },
  of: { type: 'string', description: 'The version that a rollback went back to.' },
  active: { type: 'boolean' },
}

/** The shapes that go over the wire. Requests come from the schemas that the Worker checks them with. */
export const SCHEMAS = {
  // Relative to where this document stands: the same file in the repository, the same route of the Worker.
  Config: { $ref: 'schema/config.json' },
  NewKey: fromZod(newKeySchema()),
  ChangeKey: fromZod(changeKeySchema()),
  RotateKey: fromZod(rotateKeySchema()),
  Rollback: fromZod(rollbackSchema()),
  Error: object({
    error: object(
      {
        message: text,
        type: text,
        param: orNull(text),
        code: text,
        attempts: list(object({ target: text, reason: text, status: count, message: text }, ['status'])),
        problems: list(object({ path: text, message: text })),
      },
      ['attempts', 'problems'],
    ),
  }),
  ChatRequest: {
    type: 'object',
    description: 'OpenAI’s chat completion request. What is not named here goes to the model as it came.',
    properties: {
      model: { type: 'string', description: 'An alias, `default`, or a ref; absent: the configured primary.' },
      models: { ...list(text), description: 'Fallbacks of this request, in order.' },
      messages: list({ type: 'object' }),
      stream: { type: 'boolean', default: false },
      provider: { type: 'object', description: 'Wishes about providers, by OpenRouter’s names; see docs/routing.md.' },
    },
    required: ['messages'],
  },
  ChatCompletion: { type: 'object', description: 'OpenAI’s chat completion.' },
  ResponsesRequest: {
    type: 'object',
    description:
      'OpenAI’s request to the Responses API, without what would have to be stored. Unknown members are ignored.',
    properties: {
      model: { type: 'string', description: 'As in a chat completion.' },
      input: { anyOf: [text, list({ type: 'object' })], description: 'The whole conversation.' },
      instructions: orNull(text),
      tools: list({ type: 'object' }),
      stream: { type: 'boolean', default: false },
    },
    required: ['input'],
  },
  Response: { type: 'object', description: 'OpenAI’s response, with store: false.' },
  MessagesRequest: {
    type: 'object',
    description: 'Anthropic’s request to the Messages API. Unknown members are ignored.',
    properties: {
      model: { type: 'string', description: 'As in a chat completion.' },
      messages: list({ type: 'object' }),
      system: { anyOf: [text, list({ type: 'object' })] },
      max_tokens: { type: 'integer', minimum: 1 },
      tools: list({ type: 'object' }),
      stream: { type: 'boolean', default: false },
    },
    required: ['messages'],
  },
  Message: { type: 'object', description: 'Anthropic’s message.' },
  TokenCount: object({ input_tokens: count }),
  Model: {
    ...object({ id: text, object: { const: 'model' }, name: text, created: count, owned_by: text }),
    description: 'With all that the router lists of it.',
  },
  ModelList: object({ object: { const: 'list' }, data: list(named('Model')) }),
  SignIn: fromZod(signInSchema()),
  WhatIf: fromZod(whatIfSchema()),
  SessionState: object(
    {
      session: {
        oneOf: [object({ kind: { type: 'string', enum: ['admin', 'key'] }, expiresAt: time }), { type: 'null' }],
      },
      access: { type: 'boolean', description: 'Whether Cloudflare Access may vouch for a browser here.' },
    },
    ['access'],
  ),
  Root: object({
    name: { const: 'hugway' },
    status: { type: 'string', enum: ['ok', 'degraded', 'not_configured'] },
    api: text,
    console: text,
    health: text,
    openapi: text,
    schema: text,
  }),
  Health: object({
    status: { type: 'string', enum: ['ok', 'degraded', 'not_configured'] },
    settings: list(text),
    upstream: { type: 'string', enum: ['hugging_face', 'simulator', 'other'] },
    config: object({ source: { type: 'string', enum: ['kv', 'last_good', 'built_in'] }, problem: text }, ['problem']),
    catalog: object({ source: text, models: count, ageMs: number }, ['models', 'ageMs']),
    ledger: { type: 'string', enum: ['ok', 'not_bound', 'not_answering'] },
  }),
  RouteExplanation: object({
    asked: orNull(text),
    means: object({ ref: text, as: { type: 'string', enum: ['primary', 'alias', 'ref'] } }),
    targets: list(object({ target: text, breaker: text })),
    skipped: list(object({ target: text, reason: text, because: text })),
    models: list({ type: 'object' }),
    estimates: object({ promptTokens: count, answerTokens: count, maxAnswerTokens: orNull(count) }),
    bounds: { type: 'object' },
    explorePercent: number,
    config: text,
  }),
  Scoreboard: object({
    rows: list(
      object({
        model: text,
        provider: text,
        attempts: number,
        firstTokenMs: object({ p50: orNull(number), p95: orNull(number) }),
        tokensPerSecond: orNull(number),
        failedShare: number,
        brokenShare: number,
        badToolShare: orNull(number),
        price: { oneOf: [object({ input: number, output: number }), { type: 'null' }] },
        since: time,
      }),
    ),
  }),
  Valid: object(
    { valid: { const: true }, warnings: list(object({ path: text, message: text })), replay: named('Replay') },
    ['replay'],
  ),
  Replay: object({
    requests: count,
    unchanged: count,
    elsewhere: list(replayed),
    refused: list(replayed),
    accepted: list(replayed),
    usdBefore: number,
    usdAfter: number,
    unpriced: count,
  }),
  WrittenConfig: {
    description: 'The document, and beside it what will surprise somebody: a model that the router does not list',
    type: 'object',
    properties: { warnings: list(object({ path: text, message: text })) },
  },
  VersionEntry: object(version, ['of']),
  VersionList: object({ active: text, versions: list(named('VersionEntry')), next: orNull(text) }),
  Version: object(
    { ...version, document: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] }, text, problem: text },
    ['of', 'problem'],
  ),
  Key: object(
    {
      ...keyFacts,
      status: { type: 'string', enum: ['active', 'expired', 'revoked', 'disabled'] },
      ledgerId: { ...text, description: 'By this the ledger knows it: the first one’s id, where it was rotated.' },
      budget: { anyOf: [budgetReport, budget] },
      limits,
      models: list(text),
      lastUsedAt: orNull(time),
      requests: orNull(count),
      costNanoUsd: orNull(count),
    },
    ['budget', 'limits', 'models', 'lastUsedAt', 'requests', 'costNanoUsd'],
  ),
  OwnKey: {
    ...object({ data: { type: 'object' } }),
    description: 'The members of OpenRouter’s GET /api/v1/key, in dollars, and budgets, limits, models beside them.',
  },
  Project: object({
    id: text,
    name: text,
    budget: { anyOf: [budgetReport, { type: 'null' }] },
    limits,
    models: { type: ['array', 'null'], items: text },
    billTo: orNull(text),
    keys: count,
    month: { anyOf: [object(sums), { type: 'null' }] },
    ledger: { type: 'boolean', description: '`false` while the ledger does not answer.' },
  }),
  ProjectList: object({ projects: list(named('Project')) }),
  UsageReport: object({
    from: time,
    to: time,
    by: list(text),
    rows: list({
      ...object(
        {
          hour: time,
          day: text,
          project: text,
          key: text,
          keyName: text,
          model: text,
          provider: text,
          surface: text,
          user: text,
          ...sums,
          ...usageTimes,
        },
        ['hour', 'day', 'project', 'key', 'keyName', 'model', 'provider', 'surface', 'user'],
      ),
    }),
    total: object({ ...sums, ...usageTimes }),
    untimed: {
      type: 'boolean',
      description: 'Whether a ledger has so many sums of that time that their times were not read.',
    },
    truncated: { type: 'boolean', description: 'Whether there are more rows: those that cost most are told.' },
    unbooked: count,
    unavailable: list(text),
  }),
  UsageRequestPage: object({ requests: list({ type: 'object' }), next: orNull(text), unavailable: list(text) }),
  KeyList: object({ keys: list(named('Key')) }),
  CreatedKey: object(created),
  RotatedKey: object({ ...created, replaces: object({ id: text, expiresAt: time }) }),
  Catalog: object({
    source: { type: 'string', enum: ['router', 'built_in'] },
    models: count,
    fetchedAt: orNull(time),
    ageMs: orNull(number),
  }),
  CatalogChanges: object({
    gone: list(text),
    added: list(text),
    providersLost: list(object(offer)),
    pricesUp: list(
      object({ ...offer, from: number, to: number, field: { type: 'string', enum: ['input', 'output'] } }, [
        'provider',
      ]),
    ),
    contextsDown: list(object({ ...offer, from: number, to: number }, ['provider'])),
  }),
  RefreshedCatalog: {
    allOf: [named('Catalog'), object({ changes: { anyOf: [named('CatalogChanges'), { type: 'null' }] } })],
  },
  Drift: object({
    at: orNull(time),
    since: orNull(time),
    changes: { anyOf: [named('CatalogChanges'), { type: 'null' }] },
    configuration: list(
      object({
        ref: text,
        usedAs: list(text),
        problem: { type: 'string', enum: ['gone', 'no_live_provider', 'provider_gone'] },
      }),
    ),
  }),
  Targets: object({ targets: list({ type: 'object' }) }),
}

const header = (description) => ({ description, schema: text })

/** Headers that several answers carry. */
export const HEADERS = {
  ETag: header('The tag of what is stored, for If-Match.'),
  'x-request-id': header('The id under which the log has this request.'),
  'x-hugway-config': header(
    'The configuration that the answer was made by: a version’s id, `unversioned`, `built-in`.',
  ),
  'x-hugway-dropped-tools': header('Hosted tools of the request that no model was shown.'),
  'x-hugway-target': header('The ref that answered. Absent where a stream began before one did.'),
}

/** Parameters that several routes take. */
export const PARAMETERS = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'Tags of what must be stored for the write to go on, or `*`.',
    schema: text,
  },
  Id: { name: 'id', in: 'path', required: true, schema: text },
}
