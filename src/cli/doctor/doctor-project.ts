import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import type { Project } from '../project.ts'
import { addTomlFlag, readTomlDeployment, readTomlTop, tomlTeams } from '../wrangler/wrangler-toml.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

/** Without it a client that goes away is not noticed, and its call to the router goes on and is paid for. */
const NEEDED_FLAG = 'enable_request_signal'
const NEEDED_BINDINGS = ['HUGWAY_KV', 'HUGWAY_PROJECTS']

/** Looks at `wrangler.toml` and `.dev.vars`. @param isFixing Repairs what is safe to repair. */
export function checkProject(project: Project, isFixing: boolean): readonly Finding[] {
  return [...checkToml(project, isFixing), ...checkDevVars(project, isFixing)]
}

function checkToml(project: Project, isFixing: boolean): readonly Finding[] {
  const text = readFileSync(project.wranglerToml, 'utf8')
  try {
    const { bindings, flags } = readTomlTop(text)
    return [...checkBindings(text, bindings), checkFlag(project, text, flags, isFixing)]
  } catch (error) {
    return [failure('wrangler.toml', `cannot be read: ${messageOf(error)}`, 'correct that line')]
  }
}

/** What the Worker needs must be bound at the top, and again in every team's section: wrangler inherits no binding. */
function checkBindings(text: string, bindings: readonly string[]): readonly Finding[] {
  const lacking = NEEDED_BINDINGS.filter((name) => !bindings.includes(name))
  const advice = 'take it from the wrangler.toml of the project'
  const top = lacking.map((name) => failure('bindings', `wrangler.toml has no binding ${name}`, advice))
  const teams = tomlTeams(text).flatMap((team) => {
    const { missing } = readTomlDeployment(text, team, false)
    const todo = `${COMMAND} deploy --team ${team} adds what is missing`
    return missing.length === 0
      ? []
      : [failure(`bindings of ${team}`, `[env.${team}] lacks ${missing.join(', ')}`, todo)]
  })
  if (top.length + teams.length > 0) return [...top, ...teams]
  return [
    fine(
      'bindings',
      `wrangler.toml binds ${bindings.join(', ')}${tomlTeams(text).length > 0 ? ', for every team too' : ''}`,
    ),
  ]
}

function checkFlag({ wranglerToml }: Project, text: string, flags: readonly string[], isFixing: boolean): Finding {
  if (flags.includes(NEEDED_FLAG)) return fine('compatibility flags', `${NEEDED_FLAG} is set`)
  const todo = `add compatibility_flags = ["${NEEDED_FLAG}"] to wrangler.toml, or run ${COMMAND} doctor --fix`
  if (!isFixing) return failure('compatibility flags', `${NEEDED_FLAG} is missing`, todo)
  writeAtomically(wranglerToml, addTomlFlag(text, NEEDED_FLAG))
  return fine('compatibility flags', `added ${NEEDED_FLAG} to ${wranglerToml}`)
}

function checkDevVars({ devVars }: Project, isFixing: boolean): readonly Finding[] {
  if (!existsSync(devVars)) return [fine('.dev.vars', 'there is none; the environment is used')]
  const isOpen = process.platform !== 'win32' && (statSync(devVars).mode & 0o077) !== 0
  if (!isOpen) return [fine('.dev.vars', 'only you can read it')]
  if (!isFixing) return [warning('.dev.vars', 'others on this machine can read it', 'chmod 600 .dev.vars, or --fix')]
  chmodSync(devVars, 0o600)
  return [fine('.dev.vars', `made ${devVars} readable by you only`)]
}
