import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'
import { isModelPattern } from '../identity/model-pattern.ts'
import { err, ok, type Result } from '../result.ts'
import { DEFAULT_MODEL } from '../router-facts.ts'
import type { HedgeRules } from '../routing/hedge.ts'
import { describeModelRefError, formatModelRef, type ModelRef, parseModelRef } from '../routing/model-ref.ts'
import { DEFAULT_ROUTE_RULES, type DeploymentRouteRules, isRuling, type RouteRules } from '../routing/route-rules.ts'
import { checkProvider, readOrigins } from './config-checks.ts'
import { type ConfigDocument, type OwnModel, readDocument, type TimeoutsInput } from './config-schema.ts'
import { parseDocumentText } from './document-text.ts'
import { type LedgerConfig, resolveLedger } from './ledger-config.ts'
import { toDeploymentRules, toRouteRules } from './route-config.ts'
import { checkComments, withoutSecrets } from './secrets.ts'

/** Limits of one request, in milliseconds. See the README for what each of them covers. */
export type Timeouts = {
  readonly headersMs: number
  readonly firstTokenMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** The settings that one model overrides. */
export type ModelSettings = {
  readonly fallbacks?: readonly ModelRef[]
  readonly timeouts: Timeouts
  readonly routing?: RouteRules
}

/** The document, resolved: refs parsed, aliases in a table, defaults filled in. Keyed by `formatModelRef`'s text. */
export type Config = {
  readonly primary: ModelRef
  readonly fallbacks: readonly ModelRef[]
  /** Keyed by {@link normalizeAlias}'s text. */
  readonly refByAlias: ReadonlyMap<string, ModelRef>
  readonly aliasByRef: ReadonlyMap<string, string>
  /** Aliases of several refs, by {@link normalizeAlias}'s text: labels of the list, which mean no model when asked for. */
  readonly refsByLabel: ReadonlyMap<string, readonly ModelRef[]>
  /** Every ref that the document names, without repeats, in its order. */
  readonly namedRefs: readonly ModelRef[]
  readonly ownModels: readonly OwnModel[]
  /** `models.mode: "replace"`: the model list is what the document names, and nothing is discovered. */
  readonly mode: 'merge' | 'replace'
  readonly models: ReadonlyMap<string, ModelSettings>
  readonly timeouts: Timeouts
  readonly routing: DeploymentRouteRules
  /** Whether any rule resolves refs here or wishes for something; where none does, no request pays for looking. */
  readonly hasRouteRules: boolean
  /** Absent: no request is asked twice. */
  readonly hedge?: HedgeRules
  readonly holdMs: number
  readonly maxBodyBytes: number
  /** Upstream calls that one request may make in all, retries included. */
  readonly maxUpstreamCalls: number
  readonly corsOrigins: readonly string[]
  /** How long, in milliseconds, a copy of a client key serves while KV does not answer. */
  readonly keyCopyMs: number
  /** Milliseconds in which the events of a stream that is read are collected; 0: each is handed on as it comes. */
  readonly collectMs: number
} & LedgerConfig

/** A document, its text as it was written, and what it means. */
export type LoadedConfig = { readonly text: string; readonly document: ConfigDocument; readonly config: Config }

/**
 * Reasoning models may think for minutes before they say anything, so the wait for the first token is long; a model
 * that has begun and falls silent is waited for less than the 120 s after which OpenClaw gives up by itself.
 */
const DEFAULT_TIMEOUTS: Timeouts = { headersMs: 30_000, firstTokenMs: 120_000, idleMs: 90_000, totalMs: 600_000 }
const DEFAULT_HEDGE_SHARE = 0.05
const DEFAULT_HOLD_MS = 15_000
/** A chain of four, each tried twice. */
const DEFAULT_MAX_UPSTREAM_CALLS = 8
const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024
/** Half of it is what a token waits at the median, where tokens come faster than that. */
const DEFAULT_COLLECT_MS = 40
const DEFAULT_KEY_COPY_MS = 3_600_000

/**
 * Parses a document a person or a program wrote, JSON or JSON5. Every problem is listed; a secret is one, wherever it
 * stands, and is not quoted. Never throws.
 */
export function parseConfig(text: string): Result<LoadedConfig, readonly Problem[]> {
  const parsed = parseDocumentText(text)
  if (!parsed.ok) return parsed
  const { value, problems: secrets } = withoutSecrets(parsed.value)
  const { sound, problems: others } = readDocument(value)
  const all = [...others]
  const config = sound && resolve(sound, all)
  const secretPaths = new Set(secrets.map(({ path }) => path))
  const inComment = secrets.length === 0 ? checkComments(text) : []
  const problems = [...secrets, ...inComment, ...all.filter(({ path }) => !secretPaths.has(path))]
  return sound && config && problems.length === 0 ? ok({ text, document: sound, config }) : err(firstOf(problems))
}

/** Nobody reads more at once, and an answer with all of them would be many times the document. */
const MAX_PROBLEMS = 100
const MAX_PATH_CHARACTERS = 300

function firstOf(problems: readonly Problem[]): readonly Problem[] {
  const first = problems.slice(0, MAX_PROBLEMS).map((problem) => ({
    ...problem,
    path: problem.path.length > MAX_PATH_CHARACTERS ? `${problem.path.slice(0, MAX_PATH_CHARACTERS)}...` : problem.path,
  }))
  const left = problems.length - first.length
  return left === 0 ? first : [...first, { path: '(the document)', message: `has ${left} more problems` }]
}

/** Aliases are compared without case, and a run of spaces counts as one. */
export function normalizeAlias(alias: string): string {
  return alias.trim().replace(/\s+/g, ' ').toLowerCase()
}

function resolve(document: ConfigDocument, problems: Problem[]): Config {
  const defaults = document.agents?.defaults
  const model = typeof defaults?.model === 'string' ? { primary: defaults.model } : defaults?.model
  const own = document.hugway
  const timeouts = withDefaults(own?.timeouts, DEFAULT_TIMEOUTS)
  const modelPath = typeof defaults?.model === 'string' ? MODEL : [...MODEL, 'primary']
  const collected = collectRefs(problems)
  // A primary that nobody named is no model of the configuration's, and gets no row in the model list.
  const primary = (model?.primary && collected.add(model.primary, modelPath)) || collected.defaultRef
  const fallbacks = collected.addAll(model?.fallbacks ?? [], [...MODEL, 'fallbacks'])
  const aliases = collectAliases(document, collected, problems)
  const models = resolveModels(own?.models ?? {}, timeouts, collected, problems)
  const routing = { ...DEFAULT_ROUTE_RULES, ...toDeploymentRules(own?.routing, problems) }
  const isPattern = (text: string) => isModelPattern(text, (alias) => aliases.refByAlias.has(normalizeAlias(alias)))
  const ledger = resolveLedger(own, isPattern, problems)
  checkProvider(document, problems)
  const corsOrigins = readOrigins(own?.cors?.origins ?? [], problems)
  return {
    primary,
    fallbacks,
    ...aliases,
    namedRefs: collected.refs(),
    ownModels: document.models?.providers?.huggingface?.models ?? [],
    mode: document.models?.mode ?? 'merge',
    models,
    timeouts,
    routing,
    hasRouteRules:
      isRuling(routing) || [...models.values(), ...ledger.projects.values()].some((one) => isRuling(one.routing)),
    ...toRequestBounds(own),
    corsOrigins,
    ...ledger,
  }
}

/** The settings of single models, by ref. */
function resolveModels(
  written: NonNullable<NonNullable<ConfigDocument['hugway']>['models']>,
  timeouts: Timeouts,
  collected: ReturnType<typeof collectRefs>,
  problems: Problem[],
): ReadonlyMap<string, ModelSettings> {
  const models = new Map<string, ModelSettings>()
  for (const [key, settings] of Object.entries(written)) {
    const path = ['hugway', 'models', key]
    const ref = collected.add(key, path)
    const list = settings.fallbacks === false ? [] : settings.fallbacks
    const chain = list && { fallbacks: collected.addAll(list, [...path, 'fallbacks']) }
    const routing = settings.routing && { routing: toRouteRules(settings.routing, [...path, 'routing'], problems) }
    const own = { ...chain, ...routing, timeouts: withDefaults(settings.timeouts, timeouts) }
    if (ref) models.set(formatModelRef(ref), own)
  }
  return models
}

/** Sizes, counts and times that a number sets. */
function toRequestBounds(own: ConfigDocument['hugway']) {
  return {
    ...(own?.hedge && { hedge: { ...own.hedge, maxShare: own.hedge.maxShare ?? DEFAULT_HEDGE_SHARE } }),
    holdMs: own?.holdMs ?? DEFAULT_HOLD_MS,
    maxBodyBytes: own?.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    maxUpstreamCalls: own?.maxUpstreamCalls ?? DEFAULT_MAX_UPSTREAM_CALLS,
    keyCopyMs: own?.keyCopyMs ?? DEFAULT_KEY_COPY_MS,
    collectMs: own?.collectMs ?? DEFAULT_COLLECT_MS,
  }
}

type Path = readonly (string | number)[]
const MODEL: Path = ['agents', 'defaults', 'model']
const OWN_MODELS: Path = ['models', 'providers', 'huggingface', 'models']

function collectRefs(problems: Problem[]) {
  const byText = new Map<string, ModelRef>()
  const add = (text: string, path: Path): ModelRef | undefined => {
    const parsed = parseModelRef(text)
    if (parsed.ok) byText.set(formatModelRef(parsed.value), parsed.value)
    else problems.push({ path: formatPath(path), message: describeModelRefError(parsed.error) })
    return parsed.ok ? parsed.value : undefined
  }
  const addAll = (texts: readonly string[], path: Path): ModelRef[] =>
    texts.flatMap((text, index) => add(text, [...path, index]) ?? [])
  const defaultRef = (parseModelRef(DEFAULT_MODEL) as { value: ModelRef }).value
  return { add, addAll, refs: () => [...byText.values()], defaultRef }
}

function collectAliases(document: ConfigDocument, refs: ReturnType<typeof collectRefs>, problems: Problem[]) {
  const refsByAlias = new Map<string, readonly ModelRef[]>()
  const aliasByRef = new Map<string, string>()
  const add = (refText: string, alias: string | undefined, path: Path) => {
    const ref = refs.add(refText, path)
    if (!ref || alias === undefined) return
    const known = refsByAlias.get(normalizeAlias(alias)) ?? []
    const refuse = (message: string) => problems.push({ path: formatPath([...path, 'alias']), message })
    if (normalizeAlias(alias) === '' || normalizeAlias(alias) === 'default') {
      refuse(`"${alias}" cannot be an alias: it already means the primary model`)
    } else if (parseModelRef(alias).ok) {
      refuse(`"${alias}" cannot be an alias: it is a model ref itself`)
    } else {
      const isNew = known.every((one) => formatModelRef(one) !== formatModelRef(ref))
      if (isNew) refsByAlias.set(normalizeAlias(alias), [...known, ref])
      if (!aliasByRef.has(formatModelRef(ref))) aliasByRef.set(formatModelRef(ref), alias)
    }
  }
  for (const [key, { alias }] of Object.entries(document.agents?.defaults?.models ?? {})) {
    add(key, alias, ['agents', 'defaults', 'models', key])
  }
  for (const [index, row] of (document.models?.providers?.huggingface?.models ?? []).entries()) {
    add(row.id, row.alias, [...OWN_MODELS, index])
  }
  const refByAlias = new Map([...refsByAlias].flatMap(([alias, [ref, other]]) => (ref && !other ? [[alias, ref]] : [])))
  const refsByLabel = new Map([...refsByAlias].filter(([, { length }]) => length > 1))
  return { refByAlias, aliasByRef, refsByLabel }
}

function withDefaults(given: TimeoutsInput | undefined, defaults: Timeouts): Timeouts {
  return {
    headersMs: given?.headersMs ?? defaults.headersMs,
    firstTokenMs: given?.firstTokenMs ?? defaults.firstTokenMs,
    idleMs: given?.idleMs ?? defaults.idleMs,
    totalMs: given?.totalMs ?? defaults.totalMs,
  }
}

/** What holds when nothing is configured. Last in the file: it runs the functions above when the module is read. */
export const DEFAULT_CONFIG: Config = resolve({}, [])
