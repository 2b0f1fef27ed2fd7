import type { Command } from '../command.ts'
import { COMMAND } from '../command-name.ts'
import { terminalColumns, wrap } from '../flags.ts'
import { configGet, configImport, configSet, configUnset, configValidate } from './config-files.ts'
import { configDiff, configEdit, configHistory, configRollback } from './config-history.ts'
import { connect } from './connect.ts'
import { deploy } from './deploy.ts'
import { doctor } from './doctor.ts'
import { explain } from './explain.ts'
import { keysChange, keysCreate, keysList, keysRevoke, keysRotate } from './keys.ts'
import { onboard } from './onboard.ts'
import { projectsList, projectsRemove, projectsSet } from './projects.ts'
import { scoreboard } from './scoreboard.ts'
import { usage } from './usage.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  onboard,
  doctor,
  deploy,
  configGet,
  configSet,
  configUnset,
  configEdit,
  configValidate,
  configDiff,
  configHistory,
  configRollback,
  configImport,
  keysCreate,
  keysList,
  keysChange,
  keysRevoke,
  keysRotate,
  projectsList,
  projectsSet,
  projectsRemove,
  usage,
  explain,
  scoreboard,
  connect,
]

/** The text of `hugway --help`, or of `hugway GROUP --help`. */
export function formatOverview(group: string): string {
  const specs = COMMANDS.map(({ spec }) => spec).filter(({ name }) => group === '' || name.startsWith(`${group} `))
  const lines = specs.map(({ name, positionals, summary }) => {
    const left = `${COMMAND} ${name}${positionals === '' ? '' : ` ${positionals}`}`
    return `  ${left}\n      ${wrap(summary, terminalColumns(), 6)}`
  })
  return [
    `Usage: ${COMMAND} COMMAND [ARGUMENTS] [flags]`,
    '',
    ...lines,
    '',
    wrap(
      `${COMMAND} COMMAND --help tells the flags. Exit codes: 0 done, 1 failed, 2 not understood.`,
      terminalColumns(),
    ),
  ].join('\n')
}
