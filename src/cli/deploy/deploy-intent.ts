import { isLoopback } from '../worker/http-call.ts'

/** A value that goes along, and where it came from, for a person: `HF_TOKEN of .dev.vars`. */
export type Sourced = { readonly value: string; readonly source: string }

/** A document to upload. */
export type UploadedConfig = {
  readonly text: string
  /** For a person: which file, or which place. */
  readonly source: string
  /** It replaces what the deployment has; otherwise it is only for one that has nothing. */
  readonly isForced: boolean
}

/** Everything that a deployment takes from here; each says where it came from, so that none goes along in silence. */
export type DeployIntent = {
  readonly team: string
  readonly token: Sourced | undefined
  /** The token was given for this very run, so it replaces one that is set. */
  readonly isNewToken: boolean
  readonly billTo: Sourced | undefined
  /** It was given for this very run as well. */
  readonly isNewBillTo: boolean
  /** Another upstream; absent for Hugging Face's. */
  readonly baseUrl: Sourced | undefined
  readonly config: UploadedConfig | undefined
}

/** What is set here, by name: the environment goes before the file. */
export type LocalValues = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly devVars: Readonly<Record<string, string>>
  /** The file that they are in. */
  readonly fileName: string
}

/** What a setting has here, and where; nothing for an upstream on this machine, which is out of reach from there. */
export function findSetting(name: 'HF_BILL_TO' | 'HF_BASE_URL', local: LocalValues): Sourced | undefined {
  const { environment, devVars, fileName } = local
  const own = environment[name]?.trim()
  const value = own || devVars[name]?.trim()
  if (!value || (name === 'HF_BASE_URL' && isLoopback(value))) return undefined
  return { value, source: `${name} of ${own ? 'the environment' : fileName}` }
}
