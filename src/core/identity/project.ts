import type { RouteRules } from '../routing/route-rules.ts'
import { DEFAULT_PROJECT } from './caller.ts'
import type { KeyScopes } from './scopes.ts'

/** What a deployment's keys are grouped by: who pays, and what its keys may do together. */
export type Project = KeyScopes & {
  readonly id: string
  readonly name: string
  /** Sent as `X-HF-Bill-To`, in place of the deployment's own. */
  readonly billTo?: string | undefined
  /** Which providers serve its requests. */
  readonly routing?: RouteRules | undefined
}

/** The project of a key. One that the configuration does not name, or not any more, is bound to nothing. */
export function projectOf(projects: ReadonlyMap<string, Project>, id: string): Project {
  return projects.get(id) ?? { id, name: id === DEFAULT_PROJECT ? 'default' : id }
}
