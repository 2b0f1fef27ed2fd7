import { intro, outro } from '@clack/prompts'
import { quote } from '../../core/quote.ts'
import type { Command, CommandContext } from '../command.ts'
import { messageOf, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { parseDocument, writeChange } from '../config/change-config.ts'
import { type ConfigPlace, choosePlace, type Reading, workerPlace } from '../config/config-place.ts'
import { createDraft, type DocumentDraft } from '../config/document-draft.ts'
import { deployTeam } from '../deploy/deploy-team.ts'
import { checkTeam, DEFAULT_TEAM, readDeployment } from '../deploy/deployments.ts'
import type { Arguments } from '../flags.ts'
import {
  answersFromFlags,
  applyAnswers,
  applyRemovals,
  findOwner,
  type ModelFlags,
  type OnboardAnswers,
  readModelFlags,
} from '../onboard/onboard-answers.ts'
import { askForModels } from '../onboard/onboard-questions.ts'
import { catalogFor, checkTokenFlag, type OnboardToken, obtainToken } from '../onboard/onboard-token.ts'
import { type Project, requireProject } from '../project.ts'
import { ask, choose, confirm } from '../prompts.ts'
import { putTokenIntoDevVars } from '../settings/dev-vars-file.ts'
import { createAdminClient } from '../worker/admin-client.ts'
import { findToken } from '../worker/router-access.ts'
import { findTeamWorker, findWorker, isSimulated, LOCAL_URL } from '../worker/worker-access.ts'
import { createWrangler } from '../wrangler/wrangler.ts'
import { intentOf } from './deploy.ts'

/** `hugway onboard`. */
export const onboard: Command = {
  spec: {
    name: 'onboard',
    positionals: '',
    summary: 'Sets up a working endpoint: token, default model, fallbacks, aliases; on this laptop or at Cloudflare.',
    details:
      'What is configured already stays; run twice, it changes nothing the second time. Where nobody can be asked, or\n' +
      'with --non-interactive, the flags are the answers: a token is all that is needed.',
    flags: {
      'non-interactive': { kind: 'switch', help: 'ask nothing' },
      'huggingface-api-key': { kind: 'text', value: 'TOKEN', help: 'a Hugging Face token (default: HF_TOKEN)' },
      model: { kind: 'text', value: 'REF', help: 'the default model, huggingface/<org>/<model>[:suffix]' },
      fallback: { kind: 'list', value: 'REF', help: 'tried when it fails; added to those that are configured' },
      alias: { kind: 'list', value: '"NAME=REF"', help: 'a name that clients may send' },
      'remove-fallback': { kind: 'list', value: 'REF', help: 'no fallback any more' },
      'remove-alias': { kind: 'list', value: 'NAME', help: 'no alias any more; its model stays' },
      'auth-choice': { kind: 'text', value: 'NAME', help: "huggingface-api-key: OpenClaw's own flag, for pasting" },
      mode: { kind: 'text', value: 'NAME', help: "local: OpenClaw's own flag, for pasting" },
      team: { kind: 'text', value: 'NAME', help: "at Cloudflare, as this team's deployment (default: this laptop)" },
      'dry-run': { kind: 'switch', help: 'tell what would be done, and change nothing' },
    },
  },
  async run(context) {
    const { args, terminal } = context
    const project = requireProject(context.project)
    const flags = checkFlags(args)
    if (terminal.isInteractive) intro('hugway')
    if (terminal.isInteractive) await choose('Provider', [{ value: 'huggingface', label: 'Hugging Face' }])
    const { token, models } = await obtainToken(args, terminal, project)
    const team = await obtainTeam(context)
    const place = await placeOf(context, project, team)
    const before: Reading = place
      ? await terminal.during(`Reading ${place.name}`, () => place.read())
      : { text: undefined }
    parseDocument(before.text)
    const draft = createDraft(before.text ?? '')
    applyRemovals(draft, flags)
    const answers = terminal.isInteractive
      ? await askForModels(flags, draft, catalogFor(models, draft.text()), before.text === undefined)
      : answersFromFlags(flags, draft)
    apply(draft, answers)
    const isDryRun = args.has('dry-run')
    await (team === undefined
      ? finishHere(context, project, token, { place, before, draft }, isDryRun)
      : finishThere(context, project, token, team, { place, before, draft }, isDryRun))
    return undefined
  },
}

type Change = { readonly place: ConfigPlace | undefined; readonly before: Reading; readonly draft: DocumentDraft }

/** @returns The team whose deployment it is about; nothing for this laptop. */
async function obtainTeam({ args, terminal }: CommandContext): Promise<string | undefined> {
  const given = args.text('team')
  if (given !== undefined) return checkTeam(given)
  if (!terminal.isInteractive) return undefined
  const here = { value: 'here', label: 'This laptop', hint: '.dev.vars and local KV; npm start serves it' }
  const there = { value: 'there', label: 'Cloudflare', hint: 'a Worker of your account' }
  if ((await choose('Where to?', [here, there])) === 'here') return undefined
  const name = await ask('Whose deployment? (a name)', DEFAULT_TEAM, (text) => {
    try {
      checkTeam(text)
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  })
  return checkTeam(name)
}

/** Where the configuration is; nothing for a deployment that is not there yet. */
async function placeOf({ args }: CommandContext, project: Project, team: string | undefined) {
  if (team === undefined) return choosePlace(args, project)
  if (readDeployment(project, team).url === undefined) return undefined
  return workerPlace(createAdminClient(findTeamWorker(project, team)))
}

/** Everything that is wrong with the flags is told before anything is asked, fetched or paid for. */
function checkFlags(args: Arguments): ModelFlags {
  const choice = args.text('auth-choice')
  if (choice !== undefined && choice !== 'huggingface-api-key') {
    throw usageError(`--auth-choice is huggingface-api-key here, not "${quote(choice)}": there is one provider`)
  }
  const mode = args.text('mode')
  if (mode !== undefined && mode !== 'local') {
    throw usageError(`--mode is local here, not "${quote(mode)}"; at Cloudflare it is --team NAME`)
  }
  const team = args.text('team')
  if (team !== undefined) checkTeam(team)
  checkTokenFlag(args)
  return readModelFlags(args)
}

function apply(draft: DocumentDraft, answers: OnboardAnswers): void {
  for (const named of answers.aliases) {
    const owner = findOwner(draft, named, [])
    if (owner)
      throw usageError(`--alias "${named.alias}=${named.ref}": "${named.alias}" is the alias of ${owner} already.`)
  }
  applyAnswers(draft, answers)
}

async function finishHere(
  { args, terminal }: CommandContext,
  project: Project,
  { value }: OnboardToken,
  { place, before, draft }: Change,
  isDryRun: boolean,
): Promise<void> {
  const name = putTokenIntoDevVars(project, value, true)
  const what = name === undefined ? '' : ` and the token to ${project.devVars}`
  if (terminal.isInteractive && !isDryRun && !(await confirm(`Write the configuration${what}?`, true))) {
    outro('Nothing was written.')
    return
  }
  // The configuration first: a bad one ends it before anything is written.
  if (place) await writeChange(terminal, place, before, draft.text(), isDryRun)
  putTokenIntoDevVars(project, value, isDryRun)
  if (name === undefined) terminal.remark(`The token is in ${project.devVars} already.`)
  else terminal.remark(`${isDryRun ? 'Would write' : 'Wrote'} ${name} to ${project.devVars} (only you can read it).`)
  const used = findToken(project)
  if (!isDryRun && used && used.value !== value) {
    terminal.warn(`${used.name} of the ${used.source} goes before it, and is another one: npm start will use that.`)
  }
  if (!isDryRun && (await isSimulated(findWorker(args, project).url))) {
    terminal.warn('npm start serves the simulator until it is started again: stop it by Ctrl-C, then npm start.')
  }
  const next = `Next: npm start, which serves ${LOCAL_URL}/v1; then ${COMMAND} connect openclaw`
  if (terminal.isInteractive) outro(next)
  else terminal.print(isDryRun ? 'Nothing was changed.' : next)
}

async function finishThere(
  { args, terminal }: CommandContext,
  project: Project,
  token: OnboardToken,
  team: string,
  { place, before, draft }: Change,
  isDryRun: boolean,
): Promise<void> {
  if (terminal.isInteractive && !isDryRun && !(await confirm(`Deploy the team "${team}" now?`, true))) {
    outro('Nothing was written.')
    return
  }
  if (place) await writeChange(terminal, place, before, draft.text(), isDryRun)
  const config = place ? undefined : { text: draft.text(), source: 'the configuration made now', isForced: false }
  const wrangler = createWrangler(project.root)
  const intent = intentOf(args, project, team, config, token.isGiven ? token.value : undefined)
  const url = await deployTeam({ project, terminal, wrangler, intent, isDryRun })
  if (url === undefined) return
  if (terminal.isInteractive) outro(`${url}/v1 is ready. Next: ${COMMAND} connect openclaw --team ${team}`)
  else terminal.print(url)
}
