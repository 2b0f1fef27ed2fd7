import { parseEnv } from 'node:util'
import { SIMULATED_TOKEN, TOKEN_NAMES, TOKEN_PLACEHOLDER } from '../../core/router-facts.ts'

/** Every var and secret of the Worker; bindings are none. */
const NAMES = [
  ...TOKEN_NAMES,
  'HF_BASE_URL',
  'HF_BILL_TO',
  'HUGWAY_API_KEY',
  'HUGWAY_ADMIN_TOKEN',
  'HUGWAY_ACCESS_ISSUER',
  'HUGWAY_ACCESS_AUDIENCE',
  'HUGWAY_OTLP_URL',
  'HUGWAY_OTLP_HEADERS',
  'HUGWAY_ALERTS_URL',
  'HUGWAY_LEDGER_LOCATION',
] as const
type Name = (typeof NAMES)[number]

/** Where a value came from; `local` ones were made by `npm start`. */
export type Source = 'environment' | '.dev.vars' | 'local'

/** A key and where it came from. Only a `local` one may be printed. */
export type SourcedKey = { readonly value: string; readonly source: Source }

/** The keys that `npm start` makes when there are none. */
export type LocalKeys = { readonly apiKey: string; readonly adminToken: string }

/** What the Worker is started with. */
export type LocalSettings = {
  /** Everything it gets as vars, secrets included. */
  readonly vars: Readonly<Record<string, string>>
  readonly router: { readonly kind: 'simulator' } | { readonly kind: 'router'; readonly tokenName: string }
  readonly apiKey: SourcedKey
  readonly adminToken: SourcedKey
}

/** Reads the text of a `.dev.vars`: `NAME=value` lines, as wrangler does. */
export function parseDevVars(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parseEnv(text)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/**
 * Decides what the Worker gets: the environment goes before `.dev.vars`, an empty value counts as not set, and what is
 * missing is made up. Names in `devVars` that are not the Worker's own settings are passed on.
 *
 * @param startSimulator Gives the base URL of a simulator; called only where there is no token.
 */
export async function planSettings(
  environment: Readonly<Record<string, string | undefined>>,
  devVars: Readonly<Record<string, string>>,
  localKeys: () => LocalKeys,
  startSimulator: () => Promise<string>,
): Promise<LocalSettings> {
  const find = (name: Name): SourcedKey | undefined => {
    const fromEnvironment = present(environment[name])
    if (fromEnvironment !== undefined) return { value: fromEnvironment, source: 'environment' }
    const fromFile = present(devVars[name])
    return fromFile === undefined ? undefined : { value: fromFile, source: '.dev.vars' }
  }
  const apiKey = find('HUGWAY_API_KEY') ?? { value: localKeys().apiKey, source: 'local' }
  const adminToken = find('HUGWAY_ADMIN_TOKEN') ?? { value: localKeys().adminToken, source: 'local' }
  const others = Object.entries(devVars).filter(([name]) => !NAMES.some((known) => known === name))
  const own = NAMES.flatMap((name) => {
    const found = find(name)
    return found ? [[name, found.value] as const] : []
  })
  const vars = {
    ...Object.fromEntries([...others, ...own]),
    HUGWAY_API_KEY: apiKey.value,
    HUGWAY_ADMIN_TOKEN: adminToken.value,
  }
  const tokenName = TOKEN_NAMES.find((name) => find(name))
  if (tokenName) return { vars, router: { kind: 'router', tokenName }, apiKey, adminToken }
  const simulated = { ...vars, HF_TOKEN: SIMULATED_TOKEN, HF_BASE_URL: await startSimulator() }
  return { vars: simulated, router: { kind: 'simulator' }, apiKey, adminToken }
}

function present(value: string | undefined): string | undefined {
  const trimmed = value?.trim()
  return trimmed === '' || trimmed === TOKEN_PLACEHOLDER ? undefined : trimmed
}
