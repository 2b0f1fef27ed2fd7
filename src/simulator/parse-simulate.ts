import { FAULT_NAMES, type Fault, type FaultName, type FaultParameters, MOMENTS, STATUS_VARIANTS } from './answer.ts'
import { isRecord } from './chat-request.ts'
import { COMMON_PARAMETERS, FAULTS } from './faults.ts'

/** Which faults a request asked for, or why its `simulate` is not understood. */
export type SimulateResult =
  | { readonly ok: true; readonly faults: readonly Fault[] | undefined }
  | { readonly ok: false; readonly message: string }

type ParameterKind = 'number' | 'string' | 'any' | readonly string[]
const KINDS: Readonly<Record<keyof FaultParameters, ParameterKind>> = {
  tokens: 'number',
  delayMs: 'number',
  text: 'string',
  bytesPerSecond: 'number',
  message: 'string',
  status: 'number',
  body: 'any',
  retryAfter: 'string',
  shape: ['string', 'object'],
  variant: STATUS_VARIANTS,
  location: 'string',
  contentType: 'string',
  bytes: 'number',
  reason: 'string',
  choices: ['empty', 'absent'],
  headersMs: 'number',
  firstTokenMs: 'number',
  perTokenMs: 'number',
}

/**
 * Reads the body field `simulate`, by which curl, an SDK or a test asks for faults from outside:
 *
 * - one fault for every model: `{ "fault": "cut", "moment": "after_first_token" }`
 * - several at once: `[{ "fault": "crlf" }, { "fault": "no_done" }]`
 * - by model, the id as it arrives here with its suffix: `{ "Qwen/Qwen3-8B:fastest": { "fault": "status", "status": 503 } }`;
 *   a model that is not named gets its ordinary answer
 *
 * The names and parameters are those of {@link FAULTS}; a refusal prints them all.
 *
 * @returns `faults: undefined` when nothing is asked for this model.
 */
export function parseSimulate(value: unknown, model: string): SimulateResult {
  if (value === undefined || value === null) return { ok: true, faults: undefined }
  if (isRecord(value) && !('fault' in value)) return parseMap(value, model)
  return parseFaults(value, 'simulate')
}

function parseMap(map: Record<string, unknown>, model: string): SimulateResult {
  let chosen: readonly Fault[] | undefined
  for (const [id, value] of Object.entries(map)) {
    if (!id.includes('/')) return problem('simulate', `"${id}" is neither "fault" nor a model id`)
    if (value === null) continue
    const parsed = parseFaults(value, `simulate["${id}"]`)
    if (!parsed.ok) return parsed
    if (id === model) chosen = parsed.faults
  }
  return { ok: true, faults: chosen }
}

function parseFaults(value: unknown, path: string): SimulateResult {
  const list = Array.isArray(value) ? value : [value]
  const faults: Fault[] = []
  for (const [index, item] of list.entries()) {
    const at = Array.isArray(value) ? `${path}[${index}]` : path
    const wrong = findProblem(item)
    if (wrong !== undefined) return problem(at, wrong)
    faults.push(item as Fault) // the line above checked every field
  }
  const groups = faults.map(({ fault }) => FAULTS[fault].group)
  const withMoment = groups.filter((group) => group === 'break' || group === 'insert').length
  const replacing = groups.filter((group) => group === 'replace').length
  if (withMoment + replacing > 1)
    return problem(path, 'only one fault of the groups break, insert and replace can strike')
  return { ok: true, faults }
}

function findProblem(item: unknown): string | undefined {
  if (!isRecord(item)) return 'a fault is an object'
  const { fault, moment, ...parameters } = item
  const name = FAULT_NAMES.find((known): known is FaultName => known === fault)
  if (name === undefined) return `unknown fault ${JSON.stringify(fault)}`
  const { group, parameters: own } = FAULTS[name]
  if (moment !== undefined) {
    if (group !== 'break' && group !== 'insert') return `fault "${name}" has no moment`
    if (!MOMENTS.some((known) => known === moment)) return `unknown moment ${JSON.stringify(moment)}`
  }
  const allowed: readonly (keyof FaultParameters)[] = [...COMMON_PARAMETERS, ...own]
  for (const [key, value] of Object.entries(parameters)) {
    const parameter = allowed.find((known) => known === key)
    if (parameter === undefined) return `fault "${name}" has no parameter "${key}"`
    const wrong = checkParameter(key, value, KINDS[parameter])
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkParameter(key: string, value: unknown, kind: ParameterKind): string | undefined {
  if (kind === 'any') return undefined
  if (kind === 'string') return typeof value === 'string' ? undefined : `"${key}" must be a string`
  if (kind === 'number') return checkNumber(key, value)
  return typeof value === 'string' && kind.includes(value) ? undefined : `"${key}" must be one of ${kind.join(', ')}`
}

function checkNumber(key: string, value: unknown): string | undefined {
  if (typeof value !== 'number' || value < 0) return `"${key}" must be a number from 0`
  if (key === 'bytesPerSecond' && value === 0) return '"bytesPerSecond" must be over 0'
  const isStatus = Number.isInteger(value) && value >= 200 && value <= 599
  return key === 'status' && !isStatus ? '"status" must be from 200 to 599' : undefined
}

function problem(path: string, what: string): SimulateResult {
  return { ok: false, message: `${path}: ${what}.\n${acceptedForms()}` }
}

/** The accepted forms of `simulate`, as text: made of {@link FAULTS}, so that it cannot lag behind. */
function acceptedForms(): string {
  const rows = FAULT_NAMES.map((name) => {
    const { group, parameters, means } = FAULTS[name]
    const own = [...(group === 'break' || group === 'insert' ? ['moment'] : []), ...parameters]
    return `  ${name}${own.length > 0 ? ` (${own.join(', ')})` : ''}: ${means}`
  })
  return [
    'Accepted: a fault {"fault": NAME, "moment"?: MOMENT, ...parameters}, a list of faults, or a map {"<model id with its suffix>": fault or list}.',
    `Moments: ${MOMENTS.join(', ')}. Every fault takes ${COMMON_PARAMETERS.join(', ')}.`,
    `Variants of status: ${STATUS_VARIANTS.join(', ')}.`,
    'Faults:',
    ...rows,
  ].join('\n')
}
