import { formatUsd, toUsd } from '../../core/limits/money.ts'
import type { Command, CommandContext } from '../command.ts'
import { usageError } from '../command-error.ts'
import { toTable } from '../table.ts'
import { printJson } from '../terminal.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { findWorker, WORKER_FLAGS } from '../worker/worker-access.ts'
import { BOUNDS_FLAGS, changeLimits, formatLimits, readBounds } from './bounds-flags.ts'

const JSON_FLAG = { kind: 'switch', help: 'for a script: one JSON value on standard output' } as const

/** `hugway projects list`. */
export const projectsList: Command = {
  spec: {
    name: 'projects list',
    positionals: '',
    summary: 'Lists the projects: what each may spend, what it spent, how many keys it has.',
    flags: { ...WORKER_FLAGS, json: JSON_FLAG },
  },
  async run(context) {
    const { body } = await clientOf(context).request('GET', '/projects')
    const projects = listOf(fieldOf(body, 'projects'))
    if (context.args.has('json')) printJson(context.terminal, projects)
    else for (const line of formatProjects(projects)) context.terminal.print(line)
    return undefined
  },
}

/** `hugway projects set`. */
export const projectsSet: Command = {
  spec: {
    name: 'projects set',
    positionals: 'ID',
    summary: 'Makes a project, or changes what is given of it; "none" takes a bound away.',
    details: 'Projects are part of the configuration (hugway.projects), so this writes a version of it.',
    flags: {
      ...WORKER_FLAGS,
      name: { kind: 'text', value: 'N', help: 'what it is called' },
      ...BOUNDS_FLAGS,
      'bill-to': { kind: 'text', value: 'ORG', help: 'the organisation at Hugging Face that pays' },
      json: JSON_FLAG,
    },
  },
  async run(context) {
    const { args } = context
    const [id = ''] = args.positionals
    const name = args.text('name')
    const billTo = args.text('bill-to')
    const { limits, ...others } = readBounds(args)
    const client = clientOf(context)
    const fields = {
      ...(name && { name }),
      ...others,
      ...(limits && { limits: (await leavesLimits(client, id, limits)) ? limits : null }),
      ...(billTo && { billTo: billTo === 'none' ? null : billTo }),
    }
    await patchProject(client, id, fields)
    return show(context, id)
  },
}

/** `hugway projects remove`. */
export const projectsRemove: Command = {
  spec: {
    name: 'projects remove',
    positionals: 'ID',
    summary:
      'Takes a project out of the configuration. What was booked stays; its keys go on, bound by their own bounds.',
    flags: WORKER_FLAGS,
  },
  async run(context) {
    const [id = ''] = context.args.positionals
    if (id === 'default') throw usageError('the project "default" is always there')
    const client = clientOf(context)
    await client.request('GET', `/projects/${encodeURIComponent(id)}`)
    await patchProject(client, id, null)
    context.terminal.remark(`The project ${id} is out of the configuration.`)
    return undefined
  },
}

/** Whether a project is bound by any limit after the change: an empty object of limits is none. */
async function leavesLimits(client: AdminClient, id: string, change: object): Promise<boolean> {
  const { body } = await client.request('GET', '/config')
  const before = fieldOf(fieldOf(fieldOf(body, 'hugway'), 'projects'), id)
  return changeLimits(fieldOf(before, 'limits'), change) !== null
}

async function patchProject(client: AdminClient, id: string, fields: object | null): Promise<void> {
  const patch = { hugway: { projects: { [id]: fields } } }
  const type = { 'content-type': 'application/merge-patch+json' }
  await client.request('PATCH', '/config', JSON.stringify(patch), type)
}

async function show(context: CommandContext, id: string): Promise<undefined> {
  const { body } = await clientOf(context).request('GET', `/projects/${encodeURIComponent(id)}`)
  if (context.args.has('json')) printJson(context.terminal, body)
  else for (const line of formatProjects([body])) context.terminal.print(line)
  return undefined
}

function clientOf({ args, project }: CommandContext): AdminClient {
  return createAdminClient(findWorker(args, project))
}

function formatProjects(projects: readonly unknown[]): readonly string[] {
  const rows = projects.map((project) => {
    const budget = fieldOf(project, 'budget')
    const month = fieldOf(project, 'month')
    const models = fieldOf(project, 'models')
    return [
      String(fieldOf(project, 'id')),
      String(fieldOf(project, 'name')),
      Array.isArray(models) ? models.join(' ') : 'all',
      formatBudget(budget),
      spentOf(budget),
      formatLimits(fieldOf(project, 'limits')) || '-',
      month ? formatUsd(Number(fieldOf(month, 'costUsd'))) : '?',
      String(fieldOf(project, 'keys')),
    ]
  })
  return toTable([['ID', 'NAME', 'MODELS', 'BUDGET', 'SPENT', 'LIMITS', 'THIS MONTH', 'KEYS'], ...rows], 3)
}

/** `$20.00 a month`; a dash where there is none. */
export function formatBudget(budget: unknown): string {
  const usd = fieldOf(budget, 'usd')
  if (typeof usd !== 'number') return '-'
  const per = String(fieldOf(budget, 'per'))
  return `${formatUsd(usd)} ${per === 'total' ? 'in total' : `a ${per}`}`
}

/** What is spent of a budget, with its share. */
export function spentOf(budget: unknown): string {
  const spent = fieldOf(budget, 'spentNanoUsd')
  const usd = fieldOf(budget, 'usd')
  if (typeof spent !== 'number' || typeof usd !== 'number') return '-'
  const share = usd > 0 ? ` (${Math.round((toUsd(spent) / usd) * 100)} %)` : ''
  return `${formatUsd(toUsd(spent))}${share}`
}
