import { TOKEN_NAMES } from '../../core/router-facts.ts'
import { usageError } from '../command-error.ts'
import { checkDocument } from '../config/check-document.ts'
import { differencesOf, formatDifference } from '../config/config-difference.ts'
import type { DeployIntent } from './deploy-intent.ts'
import type { DeployState } from './deploy-state.ts'
import type { Deployment } from './deployments.ts'

/** One step of a deployment, as it is told before it is taken. */
export type PlannedStep = { readonly title: string; readonly command: string }

/** Which secrets are put, by the name under which the Worker reads them; `made` are keys that are made up here. */
export type SecretsPlan = {
  readonly token: string | undefined
  readonly billTo: boolean
  readonly baseUrl: boolean
  readonly made: readonly ('HUGWAY_API_KEY' | 'HUGWAY_ADMIN_TOKEN')[]
}

/**
 * Decides what is put: what is set already stays, unless this very run brings another one.
 *
 * @param isKnownToken The token of the intent is the one that was put last from here.
 * @throws {CommandError} Where there is no token anywhere.
 */
export function planSecrets(
  intent: DeployIntent,
  state: DeployState,
  kept: Deployment,
  isKnownToken: boolean,
): SecretsPlan {
  const { secrets, toml } = state
  const set = TOKEN_NAMES.find((name) => secrets.has(name))
  if (set === undefined && intent.token === undefined) {
    throw usageError('No Hugging Face token is set: add --huggingface-api-key, or set HF_TOKEN in the environment')
  }
  if (intent.isNewBillTo && toml.vars.includes('HF_BILL_TO')) {
    throw usageError(`--bill-to: [env.${intent.team}.vars] of wrangler.toml says who pays: change HF_BILL_TO there`)
  }
  const isFree = (name: string) => !secrets.has(name) && !toml.vars.includes(name)
  const isOtherBill = intent.isNewBillTo && (kept.billTo !== intent.billTo?.value || !secrets.has('HF_BILL_TO'))
  return {
    token: set === undefined || (intent.isNewToken && !isKnownToken) ? (set ?? 'HF_TOKEN') : undefined,
    billTo: intent.billTo !== undefined && (isOtherBill || isFree('HF_BILL_TO')),
    baseUrl: intent.baseUrl !== undefined && isFree('HF_BASE_URL'),
    made: (['HUGWAY_API_KEY', 'HUGWAY_ADMIN_TOKEN'] as const).filter((name) => !secrets.has(name)),
  }
}

/** What goes along, from where, and what stays: a line each. A secret is told by its last letters at most. */
export function describeIntent(intent: DeployIntent, state: DeployState, put: SecretsPlan): readonly string[] {
  const { token, billTo, baseUrl } = intent
  const as = (name: string) => (state.toml.vars.includes(name) ? 'as wrangler.toml says' : 'as it is set there already')
  const isSet = (name: string) => state.secrets.has(name) || state.toml.vars.includes(name)
  const bills = put.billTo ? `${billTo?.value} (${billTo?.source})` : isSet('HF_BILL_TO') ? as('HF_BILL_TO') : undefined
  const upstream = put.baseUrl
    ? `${baseUrl?.value} (${baseUrl?.source})`
    : isSet('HF_BASE_URL')
      ? as('HF_BASE_URL')
      : undefined
  return [
    `token: ${put.token && token ? `${token.source}, ends in ${token.value.slice(-4)}` : 'as it is set there already'}`,
    `bills: ${bills ?? "the token's own account (--bill-to ORG names another)"}`,
    `upstream: ${upstream ?? "Hugging Face's router"}`,
    `keys: ${put.made.length > 0 ? `${put.made.join(' and ')} made here` : 'as they are set there already'}`,
    ...describeConfig(intent, state),
  ]
}

function describeConfig({ config }: DeployIntent, { document }: DeployState): readonly string[] {
  const there = document === undefined ? undefined : readDocument(document)
  if (!config) return [`configuration: ${there ? 'as it is there' : 'none: the built-in one'}${countOf(document)}`]
  const differences = document === undefined ? [] : differencesOf(there, readDocument(config.text))
  const lines = differences.slice(0, MAX_DIFFERENCES).map((one) => `  ${formatDifference(one)}`)
  const more = differences.length > lines.length ? [`  and ${differences.length - lines.length} more`] : []
  if (document === undefined) return [`configuration: ${config.source}${countOf(config.text)}`]
  if (config.isForced)
    return [`configuration: ${config.source}${countOf(config.text)}, in place of the one there:`, ...lines, ...more]
  const compared =
    differences.length === 0 ? `, the same as ${config.source}` : `; ${config.source} differs, and stays here:`
  return [`configuration: as it is there${countOf(document)}${compared}`, ...lines, ...more]
}

const MAX_DIFFERENCES = 12

function readDocument(text: string): unknown {
  const checked = checkDocument(text)
  return checked.ok ? checked.value.document : undefined
}

function countOf(text: string | undefined): string {
  const checked = text === undefined ? undefined : checkDocument(text)
  if (!checked?.ok) return ''
  const count = checked.value.config.namedRefs.length
  return `, ${count} model${count === 1 ? '' : 's'}`
}

/** Every step in order. The commands are what is run; a secret's value is never a part of one. */
export function planSteps(intent: DeployIntent, state: DeployState, put: SecretsPlan): readonly PlannedStep[] {
  const { team, config } = intent
  const { names, toml, namespaceId, document } = state
  const id = namespaceId ?? 'ID'
  const isWritten = config !== undefined && (config.isForced || document === undefined)
  const secrets = [put.token, put.billTo && 'HF_BILL_TO', put.baseUrl && 'HF_BASE_URL', ...put.made].filter(Boolean)
  const missing = toml.hasSection ? toml.missing : []
  return [
    namespaceId
      ? { title: `KV namespace ${namespaceId}`, command: '(there already)' }
      : {
          title: `Create the KV namespace ${names.namespaceTitle}`,
          command: `wrangler kv namespace create ${names.namespaceTitle}`,
        },
    toml.hasSection && missing.length === 0
      ? { title: `[env.${team}] of wrangler.toml`, command: '(there already)' }
      : {
          title: toml.hasSection ? `Add ${missing.join(', ')} to [env.${team}]` : `Add [env.${team}] to wrangler.toml`,
          command: '(edits the file, keeps the rest)',
        },
    secrets.length > 0
      ? {
          title: `Put ${secrets.join(', ')}`,
          command: `wrangler secret bulk --env ${team}   (values through standard input)`,
        }
      : { title: 'Secrets', command: '(set already)' },
    isWritten
      ? {
          title: `Upload ${config.source}`,
          command: `wrangler kv key put config --path FILE --namespace-id ${id} --remote`,
        }
      : { title: 'Configuration', command: document === undefined ? '(the built-in one)' : '(stays as it is)' },
    { title: `Deploy the Worker ${names.workerName}`, command: `wrangler deploy --env ${team} --keep-vars` },
    { title: 'Check it live', command: 'GET /health, GET /v1/models, POST /v1/chat/completions' },
  ]
}
