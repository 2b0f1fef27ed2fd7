import { GatewayError } from './core/failure.ts'
import type { AccessSettings } from './core/identity/access-claims.ts'
import { ROUTER_BASE_URL, TOKEN_NAMES } from './core/router-facts.ts'

/** The deployment's vars, secrets and bindings; the names are a contract with operators. */
export type Env = {
  readonly HUGWAY_KV?: KVNamespace
  readonly HUGWAY_PROJECTS?: DurableObjectNamespace
  readonly HUGWAY_LEDGER_LOCATION?: string
  readonly HUGWAY_ALERTS_URL?: string
  readonly HUGGINGFACE_HUB_TOKEN?: string
  readonly HF_TOKEN?: string
  readonly HF_BASE_URL?: string
  readonly HF_BILL_TO?: string
  readonly HUGWAY_API_KEY?: string
  readonly HUGWAY_ADMIN_TOKEN?: string
  readonly HUGWAY_ACCESS_ISSUER?: string
  readonly HUGWAY_ACCESS_AUDIENCE?: string
  readonly HUGWAY_OTLP_URL?: string
  readonly HUGWAY_OTLP_HEADERS?: string
}

/** The settings as they are used. A bad value is a problem, never a value. */
export type Settings = {
  readonly kv: KVNamespace | undefined
  /** The objects of the projects; absent in a deployment that was made before there were any. */
  readonly projects: DurableObjectNamespace | undefined
  /** Where a project's object is made, which is for good; the first caller's place where it is absent. */
  readonly ledgerLocation: DurableObjectLocationHint | undefined
  /** Where a budget's alerts are posted. Such addresses are credentials. */
  readonly alertsUrl: string | undefined
  readonly routerToken: string | undefined
  readonly routerBaseUrl: string
  readonly billTo: string | undefined
  readonly apiKey: string | undefined
  readonly adminToken: string | undefined
  /** Cloudflare Access, where it stands in front of the console. */
  readonly access: AccessSettings | undefined
  /** Where traces go; nothing where none are exported. */
  readonly otlp: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined
  /** One sentence for each setting that is missing or bad, by its name. Never quotes the value. */
  readonly problems: ReadonlyMap<string, string>
}

/** One that a person could guess opens everything, keys and all. */
const MIN_ADMIN_TOKEN_CHARACTERS = 16

/** Reads every setting once. Does not throw: a route refuses by {@link requireSettings} what it cannot do without. */
export function readSettings(env: Env): Settings {
  const problems = new Map<string, string>()
  const kv = typeof env.HUGWAY_KV?.get === 'function' ? env.HUGWAY_KV : undefined
  if (!kv) {
    problems.set('HUGWAY_KV', 'The KV binding HUGWAY_KV is missing: add it to wrangler.toml and deploy again.')
  }
  const headerText = (name: keyof Omit<Env, 'HUGWAY_KV' | 'HUGWAY_PROJECTS'>) => {
    const value = text(env[name])
    if (value === undefined || /^[\x21-\x7e]+$/.test(value)) return value
    problems.set(name, `${name} holds a space or a character that no header can carry: set it again.`)
    return undefined
  }
  const routerToken = headerText(TOKEN_NAMES[0]) ?? headerText(TOKEN_NAMES[1])
  if (routerToken === undefined && !TOKEN_NAMES.some((name) => problems.has(name))) {
    problems.set('HF_TOKEN', 'HF_TOKEN is not set: run `npx wrangler secret put HF_TOKEN` with a Hugging Face token.')
  }
  const adminToken = headerText('HUGWAY_ADMIN_TOKEN')
  if (adminToken === undefined && !problems.has('HUGWAY_ADMIN_TOKEN')) {
    problems.set(
      'HUGWAY_ADMIN_TOKEN',
      'HUGWAY_ADMIN_TOKEN is not set: run `npx wrangler secret put HUGWAY_ADMIN_TOKEN`.',
    )
  }
  if (adminToken !== undefined && adminToken.length < MIN_ADMIN_TOKEN_CHARACTERS) {
    problems.set(
      'HUGWAY_ADMIN_TOKEN',
      `HUGWAY_ADMIN_TOKEN is shorter than ${MIN_ADMIN_TOKEN_CHARACTERS} characters: run \`npx wrangler secret put HUGWAY_ADMIN_TOKEN\` with a long random one.`,
    )
  }
  const apiKey = headerText('HUGWAY_API_KEY')
  if (apiKey !== undefined && apiKey === adminToken) {
    for (const name of ['HUGWAY_API_KEY', 'HUGWAY_ADMIN_TOKEN']) {
      problems.set(
        name,
        'HUGWAY_API_KEY and HUGWAY_ADMIN_TOKEN are the same: a client key must not open /admin. Change one.',
      )
    }
  }
  return {
    kv,
    projects: typeof env.HUGWAY_PROJECTS?.idFromName === 'function' ? env.HUGWAY_PROJECTS : undefined,
    ledgerLocation: readLocation(env, problems),
    alertsUrl: readAlertsUrl(env, problems),
    routerToken,
    routerBaseUrl: readBaseUrl(env, problems),
    billTo: headerText('HF_BILL_TO'),
    apiKey,
    adminToken,
    access: readAccess(env, problems),
    otlp: readOtlp(env, problems),
    problems,
  }
}

/** @throws {GatewayError} `bad_settings`, naming each of `names` that has a problem. */
export function requireSettings(settings: Settings, names: readonly string[]): void {
  const problems = names.flatMap((name) => settings.problems.get(name) ?? [])
  if (problems.length > 0) throw new GatewayError({ kind: 'bad_settings', problems })
}

function readBaseUrl(env: Env, problems: Map<string, string>): string {
  const value = text(env.HF_BASE_URL) ?? ROUTER_BASE_URL
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash
  if (url && isPlain && ['http:', 'https:'].includes(url.protocol)) return value.replace(/\/+$/, '')
  problems.set('HF_BASE_URL', `HF_BASE_URL must be a URL such as ${ROUTER_BASE_URL}, without credentials or query.`)
  return ROUTER_BASE_URL
}

const LOCATIONS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const

function readLocation(env: Env, problems: Map<string, string>): DurableObjectLocationHint | undefined {
  const value = text(env.HUGWAY_LEDGER_LOCATION)
  const known = LOCATIONS.find((location) => location === value)
  if (value !== undefined && !known) {
    problems.set('HUGWAY_LEDGER_LOCATION', `HUGWAY_LEDGER_LOCATION must be one of ${LOCATIONS.join(', ')}.`)
  }
  return known
}

function readAlertsUrl(env: Env, problems: Map<string, string>): string | undefined {
  const value = text(env.HUGWAY_ALERTS_URL)
  if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value
  problems.set('HUGWAY_ALERTS_URL', 'HUGWAY_ALERTS_URL must be an http or https URL.')
  return undefined
}

/** Both or neither: an issuer without an audience would let in whoever may see any of the team's applications. */
function readAccess(env: Env, problems: Map<string, string>): AccessSettings | undefined {
  const issuer = text(env.HUGWAY_ACCESS_ISSUER)?.replace(/\/+$/, '')
  const audience = text(env.HUGWAY_ACCESS_AUDIENCE)
  if (issuer === undefined && audience === undefined) return undefined
  const isAddress = issuer !== undefined && URL.canParse(issuer) && new URL(issuer).origin === issuer
  if (isAddress && issuer.startsWith('https:') && audience !== undefined) return { issuer, audience }
  const name = audience === undefined ? 'HUGWAY_ACCESS_AUDIENCE' : 'HUGWAY_ACCESS_ISSUER'
  const wanted = 'HUGWAY_ACCESS_ISSUER must be https://<team>.cloudflareaccess.com'
  problems.set(name, `${wanted}, and HUGWAY_ACCESS_AUDIENCE the application's audience tag; set both or neither.`)
  return undefined
}

/** As OpenTelemetry's own variables have it: a base URL or the whole one, headers as `name=value,name=value`, values %-encoded. */
function readOtlp(env: Env, problems: Map<string, string>): Settings['otlp'] {
  const base = text(env.HUGWAY_OTLP_URL)
  if (base === undefined) return undefined
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
    problems.set('HUGWAY_OTLP_URL', 'HUGWAY_OTLP_URL must be an http or https URL without credentials in it.')
    return undefined
  }
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`
  const headers: Record<string, string> = {}
  for (const pair of text(env.HUGWAY_OTLP_HEADERS)?.split(',') ?? []) {
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    const decoded = value === undefined ? undefined : decodePercent(value)
    if (name === undefined || decoded === undefined || !/^[\x20-\x7e]*$/.test(decoded)) {
      problems.set('HUGWAY_OTLP_HEADERS', 'HUGWAY_OTLP_HEADERS must be name=value pairs with commas between them.')
      return undefined
    }
    headers[name] = decoded
  }
  return { url: url.href, headers }
}

function decodePercent(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** An empty var is an unset one; a secret that was piped in often ends in a newline. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
