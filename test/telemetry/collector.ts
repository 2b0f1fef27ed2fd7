/**
 * Stands in for an OTLP/HTTP collector: says what in a request a strict one would refuse, by opentelemetry-proto's
 * `trace.proto` and the rules of its JSON encoding (lowerCamelCase, ids as hex, 64-bit integers as texts, enums as numbers).
 */
export function problemsOf(body: unknown): string[] {
  const problems: string[] = []
  const check = (path: string, isGood: boolean) => void (isGood || problems.push(path))
  for (const [r, resource] of listOf(body, 'resourceSpans').entries()) {
    const path = `resourceSpans[${r}]`
    onlyKeys(resource, ['resource', 'scopeSpans', 'schemaUrl'], path, check)
    attributes(fieldOf(fieldOf(resource, 'resource'), 'attributes'), `${path}.resource`, check)
    for (const [s, scope] of listOf(resource, 'scopeSpans').entries()) {
      onlyKeys(scope, ['scope', 'spans', 'schemaUrl'], `${path}.scopeSpans[${s}]`, check)
      onlyKeys(fieldOf(scope, 'scope'), ['name', 'version', 'attributes'], `${path}.scope`, check)
      for (const [n, span] of listOf(scope, 'spans').entries()) checkSpan(span, `span[${n}]`, check)
    }
  }
  return problems
}

type Check = (path: string, isGood: boolean) => void
const SPAN_KEYS = [
  'traceId',
  'spanId',
  'parentSpanId',
  'traceState',
  'flags',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'events',
  'links',
  'status',
]

function checkSpan(span: unknown, path: string, check: Check): void {
  onlyKeys(span, SPAN_KEYS, path, check)
  const text = (key: string) => String(fieldOf(span, key))
  check(`${path}.traceId`, /^[\da-f]{32}$/.test(text('traceId')) && !/^0+$/.test(text('traceId')))
  check(`${path}.spanId`, /^[\da-f]{16}$/.test(text('spanId')) && !/^0+$/.test(text('spanId')))
  const parent = fieldOf(span, 'parentSpanId')
  check(`${path}.parentSpanId`, parent === undefined || /^[\da-f]{16}$/.test(String(parent)))
  check(`${path}.name`, typeof fieldOf(span, 'name') === 'string' && text('name') !== '')
  check(
    `${path}.kind`,
    [1, 2, 3, 4, 5].includes(Number(fieldOf(span, 'kind'))) && typeof fieldOf(span, 'kind') === 'number',
  )
  for (const key of ['startTimeUnixNano', 'endTimeUnixNano']) {
    check(`${path}.${key}`, typeof fieldOf(span, key) === 'string' && /^\d{19}$/.test(text(key)))
  }
  check(`${path}: ends before it starts`, text('endTimeUnixNano') >= text('startTimeUnixNano'))
  onlyKeys(fieldOf(span, 'status'), ['code', 'message'], `${path}.status`, check)
  check(`${path}.status.code`, [undefined, 0, 1, 2].includes(fieldOf(fieldOf(span, 'status'), 'code') as number))
  attributes(fieldOf(span, 'attributes'), path, check)
}

const VALUES: Record<string, (value: unknown) => boolean> = {
  stringValue: (value) => typeof value === 'string',
  boolValue: (value) => typeof value === 'boolean',
  intValue: (value) => typeof value === 'string' && /^-?\d+$/.test(value),
  doubleValue: (value) => typeof value === 'number',
}

function attributes(list: unknown, path: string, check: Check): void {
  check(`${path}.attributes`, Array.isArray(list))
  const keys = new Set<unknown>()
  for (const attribute of Array.isArray(list) ? list : []) {
    const key = fieldOf(attribute, 'key')
    onlyKeys(attribute, ['key', 'value'], `${path}.${key}`, check)
    check(`${path}: ${key} twice`, !keys.has(key))
    keys.add(key)
    const [[kind, value] = [], ...others] = Object.entries((fieldOf(attribute, 'value') as object | undefined) ?? {})
    check(`${path}.${key}`, others.length === 0 && kind !== undefined && VALUES[kind]?.(value) === true)
  }
}

function onlyKeys(value: unknown, keys: readonly string[], path: string, check: Check): void {
  check(path, typeof value === 'object' && value !== null)
  for (const key of Object.keys((value as object | undefined) ?? {}))
    check(`${path}.${key} is no field`, keys.includes(key))
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

export function listOf(value: unknown, key: string): unknown[] {
  const list = fieldOf(value, key)
  return Array.isArray(list) ? list : []
}

/** Every span of a request. */
export function spansIn(body: unknown): Record<string, unknown>[] {
  const scopes = listOf(body, 'resourceSpans').flatMap((resource) => listOf(resource, 'scopeSpans'))
  return scopes.flatMap((scope) => listOf(scope, 'spans')) as Record<string, unknown>[]
}

/** A span's attributes as plain values. */
export function attributesOf(span: unknown): Record<string, unknown> {
  const pairs = listOf(span, 'attributes').map((attribute) => {
    const [value] = Object.values((fieldOf(attribute, 'value') as object | undefined) ?? {})
    return [fieldOf(attribute, 'key'), value]
  })
  return Object.fromEntries(pairs)
}
