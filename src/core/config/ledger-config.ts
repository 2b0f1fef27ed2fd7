import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'
import { DEFAULT_PROJECT } from '../identity/caller.ts'
import type { Project } from '../identity/project.ts'
import { isTimeZone } from '../limits/period.ts'
import type { ConfigDocument } from './config-schema.ts'
import { toRouteRules } from './route-config.ts'
import { scopesOf } from './scopes-schema.ts'

/** What the document says of projects, budgets and the ledger. */
export type LedgerConfig = {
  /** By id; `default` is always there. */
  readonly projects: ReadonlyMap<string, Project>
  readonly budgets: {
    readonly timeZone: string
    /** Per cent, ascending. */
    readonly alertAt: readonly number[]
  }
  readonly usage: {
    /**
     * What becomes of a stream's usage where the client asked for none: told beside the finish reason, passed on as it
     * comes, or not asked for and estimated.
     */
    readonly unasked: 'beside_finish' | 'pass' | 'estimate'
    readonly byUser: 'off' | 'hash' | 'plain'
    readonly keepDays: number
  }
}

const DEFAULT_ALERT_AT = [80, 100]
const DEFAULT_KEEP_DAYS = 35
const DEFAULT_TIME_ZONE = 'UTC'
/** What a header carries. */
const BILL_TO = /^[\x21-\x7e]{1,200}$/

/** @param isPattern Whether a text can stand in a list of models. */
export function resolveLedger(
  own: ConfigDocument['hugway'],
  isPattern: (text: string) => boolean,
  problems: Problem[],
): LedgerConfig {
  const projects = new Map<string, Project>([[DEFAULT_PROJECT, { id: DEFAULT_PROJECT, name: 'default' }]])
  for (const [id, written] of Object.entries(own?.projects ?? {})) {
    const { name = id, billTo } = written
    for (const [index, model] of (written.models ?? []).entries()) {
      if (isPattern(model)) continue
      problems.push({
        path: formatPath(['hugway', 'projects', id, 'models', index]),
        message: `"${model}" is no alias of this configuration, no model ref and no <org>/*`,
      })
    }
    if (billTo !== undefined && !BILL_TO.test(billTo)) {
      const message = 'must be the name of an organisation, without spaces'
      problems.push({ path: formatPath(['hugway', 'projects', id, 'billTo']), message })
    }
    const rules = written.routing && toRouteRules(written.routing, ['hugway', 'projects', id, 'routing'], problems)
    const more = { ...(billTo !== undefined && { billTo }), ...(rules && { routing: rules }) }
    projects.set(id, { id, name, ...scopesOf(written), ...more })
  }
  const timeZone = own?.budgets?.timeZone ?? DEFAULT_TIME_ZONE
  // The default is not looked up: this runs for the built-in configuration when an isolate starts.
  if (timeZone !== DEFAULT_TIME_ZONE && !isTimeZone(timeZone)) {
    problems.push({ path: 'hugway.budgets.timeZone', message: 'must be an IANA time zone such as "Europe/Berlin"' })
  }
  const alertAt = [...(own?.budgets?.alertAt ?? DEFAULT_ALERT_AT)].sort((a, b) => a - b)
  const { unasked = 'beside_finish', byUser = 'off', keepDays = DEFAULT_KEEP_DAYS } = own?.usage ?? {}
  return { projects, budgets: { timeZone, alertAt }, usage: { unasked, byUser, keepDays } }
}
