import * as z from 'zod/mini'
import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'
import { once } from '../once.ts'
import { adviceFor } from './known-keys.ts'
import { deploymentRoutingSchema, hedgeSchema, routeRulesSchema } from './routing-schema.ts'
import { budgetsSchema, projectsSchema, usageSchema } from './scopes-schema.ts'

const text = once(() => z.string('must be a text'))
const ref = once(() => z.string('must be a model ref, huggingface/<org>/<model>[:suffix]'))
const refs = once(() => z.array(ref(), 'must be a list of model refs'))
const wholeNumber = (min: number, max: number) => {
  const accepted = `must be a whole number from ${min} to ${max}`
  return z.int(accepted).check(z.minimum(min, accepted), z.maximum(max, accepted))
}
const milliseconds = once(() => wholeNumber(1, 3_600_000))

const timeoutsSchema = once(() =>
  z.strictObject(
    {
      headersMs: z.optional(milliseconds()),
      firstTokenMs: z.optional(milliseconds()),
      idleMs: z.optional(milliseconds()),
      totalMs: z.optional(milliseconds()),
    },
    'must be an object of headersMs, firstTokenMs, idleMs, totalMs',
  ),
)

// OpenClaw's rows carry options of many kinds, which are kept; these are the ones the model list shows.
const ownModelSchema = once(() =>
  z.looseObject(
    {
      id: ref(),
      name: z.optional(text()),
      alias: z.optional(text()),
      contextWindow: z.optional(wholeNumber(1, 1_000_000_000)),
      maxTokens: z.optional(wholeNumber(1, 1_000_000_000)),
      reasoning: z.optional(z.boolean('must be true or false')),
      input: z.optional(z.array(text(), 'must be a list such as ["text", "image"]')),
      cost: z.optional(z.looseObject({}, 'must be an object such as { input: 0.05, output: 0.2 }')),
    },
    'must be a model row, an object with an id',
  ),
)

const providerSchema = once(() =>
  z.strictObject(
    {
      // Accepted so that OpenClaw's own block can be pasted; `config.ts` refuses values that would mean something.
      baseUrl: z.optional(text()),
      api: z.optional(z.literal('openai-completions', 'must be "openai-completions"')),
      apiKey: z.optional(text()),
      models: z.optional(z.array(ownModelSchema(), 'must be a list of model rows')),
    },
    'must be an object',
  ),
)

// Neither key is required: what is wrong with one would hide every problem of meaning in the rest of the document.
const corsSchema = once(() =>
  z.strictObject(
    {
      origins: z.optional(
        z.union(
          [z.array(text()), z.literal('*')],
          'must be a list of origins such as "https://chat.example.com", or "*"',
        ),
      ),
    },
    'must be { origins: ["https://..."] }',
  ),
)

const hugwaySchema = once(() =>
  z.strictObject(
    {
      holdMs: z.optional(wholeNumber(0, 600_000)),
      timeouts: z.optional(timeoutsSchema()),
      maxBodyBytes: z.optional(wholeNumber(1_024, 104_857_600)),
      maxUpstreamCalls: z.optional(wholeNumber(1, 100)),
      routing: z.optional(deploymentRoutingSchema()),
      hedge: z.optional(hedgeSchema()),
      projects: z.optional(projectsSchema()),
      budgets: z.optional(budgetsSchema()),
      usage: z.optional(usageSchema()),
      keyCopyMs: z.optional(wholeNumber(30_000, 86_400_000)),
      collectMs: z.optional(wholeNumber(0, 1_000)),
      cors: z.optional(corsSchema()),
      models: z.optional(
        z.record(
          text(),
          z.strictObject(
            {
              fallbacks: z.optional(z.union([z.literal(false), refs()], 'must be a list of model refs, or false')),
              timeouts: z.optional(timeoutsSchema()),
              routing: z.optional(routeRulesSchema()),
            },
            'must be an object of fallbacks, timeouts, routing',
          ),
          'must be an object keyed by model refs',
        ),
      ),
    },
    'must be an object',
  ),
)

const primaryAndFallbacks = once(() => z.strictObject({ primary: z.optional(ref()), fallbacks: z.optional(refs()) }))
const defaultsSchema = once(() =>
  z.strictObject(
    {
      model: z.optional(z.union([ref(), primaryAndFallbacks()], 'must be a model ref or { primary, fallbacks }')),
      models: z.optional(
        z.record(
          text(),
          z.strictObject({ alias: z.optional(text()) }, 'must be an object such as { alias: "DeepSeek R1" }'),
          'must be an object keyed by model refs',
        ),
      ),
    },
    'must be an object',
  ),
)

/** The configuration document: OpenClaw's own shape, as far as it concerns models, and what is ours under `hugway`. */
export const documentSchema = once(() =>
  z.strictObject(
    {
      $schema: z.optional(text()),
      agents: z.optional(z.strictObject({ defaults: z.optional(defaultsSchema()) }, 'must be an object')),
      models: z.optional(
        z.strictObject(
          {
            mode: z.optional(z.enum(['merge', 'replace'], 'must be "merge" or "replace"')),
            providers: z.optional(z.strictObject({ huggingface: z.optional(providerSchema()) }, 'must be an object')),
          },
          'must be an object',
        ),
      ),
      hugway: z.optional(hugwaySchema()),
    },
    'must be an object',
  ),
)

export type ConfigDocument = z.infer<ReturnType<typeof documentSchema>>
export type OwnModel = z.infer<ReturnType<typeof ownModelSchema>>
export type TimeoutsInput = z.infer<ReturnType<typeof timeoutsSchema>>

/** What is wrong with a document's shape, and the part of it that is sound, whose meaning can be checked all the same. */
export type ReadDocument = { readonly sound: ConfigDocument | undefined; readonly problems: readonly Problem[] }

/** Checks the shape of a document, strictly. Lists every problem; an unknown key comes with the nearest known one. */
export function readDocument(value: unknown): ReadDocument {
  const parsed = documentSchema().safeParse(value)
  if (parsed.success) return { sound: parsed.data, problems: [] }
  const faults = parsed.error.issues.flatMap((issue) => toFaults(issue, []))
  const sound = documentSchema().safeParse(leaveOut(value, faults))
  const problems = faults.map(({ path, message }) => ({ path: formatPath(path) || '(the document)', message }))
  return { sound: sound.data, problems }
}

type Issue = z.core.$ZodIssue

type Fault = { readonly path: readonly PropertyKey[]; readonly message: string }

/** Advice is looked for by comparing letters, and nobody reads more of it. */
const MAX_ADVISED = 100

function toFaults(issue: Issue, base: readonly PropertyKey[]): Fault[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key, index) =>
      index < MAX_ADVISED ? unknownKey(path, key) : { path: [...path, key], message: 'unknown key' },
    )
  }
  if (issue.code === 'invalid_union') {
    // The branch that was meant is the one that got past its own type: its problems lie deeper, or are unknown keys.
    const meant = issue.errors.find((issues) =>
      issues.every((one) => one.path.length > 0 || one.code !== 'invalid_type'),
    )
    if (meant?.length && issue.errors.length > 1 && !meant.some((one) => one.code === 'invalid_value')) {
      return meant.flatMap((one) => toFaults(one, path))
    }
  }
  return [{ path, message: issue.message }]
}

function unknownKey(path: readonly PropertyKey[], key: string): Fault {
  return { path: [...path, key], message: `unknown key; ${adviceFor(key, documentSchema(), path)}` }
}

/** A copy without what has a fault; a list with a faulty element is left out whole, so that no index moves. */
function leaveOut(value: unknown, faults: readonly Fault[]): unknown {
  const copy = structuredClone(value)
  for (const { path } of faults) {
    const list = path.findIndex((key) => typeof key === 'number')
    const keys = list === -1 ? path : path.slice(0, list)
    const last = keys.at(-1)
    let parent: unknown = copy
    for (const key of keys.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[key]
    if (last !== undefined && typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, last)
  }
  return copy
}
