import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Command, CommandContext } from '../command.ts'
import { messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { checkDocument, formatProblem } from '../config/check-document.ts'
import { choosePlace, PLACE_FLAGS } from '../config/config-place.ts'
import { checkModels } from '../doctor/doctor-models.ts'
import { checkProject } from '../doctor/doctor-project.ts'
import { checkClock, checkRouter } from '../doctor/doctor-router.ts'
import { checkWorker, modelsOfWorker, type WorkerReport } from '../doctor/doctor-worker.ts'
import { type Finding, failure, fine, formatFinding, softened, warning } from '../doctor/finding.ts'
import { printJson } from '../terminal.ts'
import { findWorker, isRunning, namedUrl } from '../worker/worker-access.ts'

/** `hugway doctor`. */
export const doctor: Command = {
  spec: {
    name: 'doctor',
    positionals: '',
    summary: 'Looks at everything that has to be right, and says of each thing that is not what to do.',
    details:
      'It makes one call of one output token to check the token. The exit code is 1 when anything is a failure.\n' +
      '--fix repairs what is safe to repair: permissions of .dev.vars, the compatibility flag, an old catalog.',
    flags: {
      ...PLACE_FLAGS,
      fix: { kind: 'switch', help: 'repair what is safe to repair' },
      json: { kind: 'switch', help: 'for a script: one JSON value on standard output' },
    },
  },
  async run(context) {
    const { args, terminal, project } = context
    const isFixing = args.has('fix')
    const isRemote = namedUrl(args) !== undefined || args.text('team') !== undefined
    const findings: Finding[] = []
    const add = (found: readonly Finding[]) => {
      findings.push(...found)
      if (!args.has('json')) for (const finding of found) terminal.print(formatFinding(finding))
    }
    if (project && !isRemote) add(checkProject(project, isFixing))
    const router = await terminal.during('Asking the router', () => checkRouter(project))
    const worker = await lookAtWorker(context, isRemote, isFixing)
    // A deployment has a token and a way to the router of its own: what is here says little about it.
    const ours = isRemote ? router.findings.filter(({ check }) => check === 'router') : router.findings
    add(isRemote || worker.isSimulated ? ours.map(softened) : ours)
    add(worker.findings)
    // One clock is enough. A Worker on this machine has this machine's.
    if (isRemote && worker.dateHeader) add([checkClock(worker.dateHeader, Date.now(), 'the Worker')])
    else if (router.dateHeader) add([checkClock(router.dateHeader, Date.now())])
    const models = router.models ?? (isRemote ? await modelsOfWorker(findWorker(args, project)) : undefined)
    if (worker.isOpen || args.text('file') !== undefined) add(await lookAtConfig(context, models))
    if (args.has('json')) printJson(terminal, findings)
    const failures = findings.filter(({ level }) => level === 'failure').length
    const warnings = findings.filter(({ level }) => level === 'warning').length
    if (!args.has('json')) terminal.print(`${findings.length} checks, ${failures} failure(s), ${warnings} warning(s)`)
    return failures > 0 ? 1 : 0
  },
}

async function lookAtWorker(
  { args, project }: CommandContext,
  isRemote: boolean,
  isFixing: boolean,
): Promise<WorkerReport> {
  const access = findWorker(args, project)
  if (isRemote || (await isRunning(access.url))) return checkWorker(access, isFixing)
  return { findings: [fine('Worker', 'none runs here now (npm start starts one)')], isOpen: true }
}

async function lookAtConfig(
  { args, project }: CommandContext,
  models: readonly RouterModel[] | undefined,
): Promise<readonly Finding[]> {
  try {
    const place = await choosePlace(args, project)
    const { text } = await place.read()
    const checked = checkDocument(text ?? '{}')
    if (!checked.ok) {
      return checked.error.map((problem) =>
        failure('configuration', formatProblem(place.name, problem), `${COMMAND} config edit`),
      )
    }
    const good = fine('configuration', text === undefined ? 'none: the built-in one is used' : `${place.name} is good`)
    return [good, ...(models ? checkModels(checked.value.config, models) : [])]
  } catch (error) {
    return [warning('configuration', messageOf(error), 'it could not be looked at')]
  }
}
