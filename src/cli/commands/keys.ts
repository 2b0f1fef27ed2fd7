import type { Command, CommandContext } from '../command.ts'
import { CommandError, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { parseLifetime } from '../lifetime.ts'
import { printJson } from '../terminal.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { findWorker, WORKER_FLAGS } from '../worker/worker-access.ts'
import { BOUNDS_FLAGS, changeLimits, readBounds } from './bounds-flags.ts'
import { formatKeys } from './keys-table.ts'

const JSON_FLAG = { kind: 'switch', help: 'for a script: one JSON value on standard output' } as const
const EXPIRES = {
  kind: 'text',
  value: 'TIME',
  help: 'how long it works: 90d, 12h, 4w, or a date (default: for ever)',
} as const

const PROJECT = {
  kind: 'text',
  value: 'P',
  help: 'the project that it belongs to; a new key\'s is "default" unless named',
} as const

/** `hugway keys create`. */
export const keysCreate: Command = {
  spec: {
    name: 'keys create',
    positionals: '',
    summary: 'Makes a client key. It is shown this once; the Worker keeps only its hash.',
    details: `The key alone goes to standard output: KEY=$(${COMMAND} keys create --name laptop)`,
    flags: {
      ...WORKER_FLAGS,
      name: { kind: 'text', value: 'N', help: 'whose key it is (default: the day)' },
      project: PROJECT,
      ...BOUNDS_FLAGS,
      expires: EXPIRES,
      json: JSON_FLAG,
    },
  },
  async run(context) {
    const { args } = context
    const name = args.text('name') ?? `made ${new Date().toISOString().slice(0, 10)}`
    const project = args.text('project')
    const { limits, ...others } = readBounds(args)
    const bounds = withoutNull({
      ...others,
      ...(limits && { limits: changeLimits({}, limits) }),
      ...(project !== undefined && { project }),
    })
    const wanted = JSON.stringify({ name, ...bounds, ...lifetimeOf(context) })
    const { body } = await clientOf(context).request('POST', '/keys', wanted)
    showKey(context, body)
    return undefined
  },
}

/** `hugway keys change`. */
export const keysChange: Command = {
  spec: {
    name: 'keys change',
    positionals: 'ID_OR_NAME',
    summary: 'Changes what a key may do, without a new secret; "none" takes a bound away.',
    flags: {
      ...WORKER_FLAGS,
      name: { kind: 'text', value: 'N', help: 'whose key it is' },
      project: PROJECT,
      ...BOUNDS_FLAGS,
      expires: { ...EXPIRES, help: 'how long it works: 90d, a date, or none' },
      disable: { kind: 'switch', help: 'it opens nothing until it is enabled' },
      enable: { kind: 'switch', help: 'it opens again' },
      json: JSON_FLAG,
    },
  },
  async run(context) {
    const { args } = context
    const client = clientOf(context)
    const [name, project] = [args.text('name'), args.text('project')]
    const change = {
      ...(name !== undefined && { name }),
      ...(project !== undefined && { project }),
      ...readBounds(args),
      ...(args.text('expires') === 'none' ? { expiresAt: null } : lifetimeOf(context)),
      ...((args.has('disable') || args.has('enable')) && { disabled: args.has('disable') }),
    }
    if (Object.keys(change).length === 0) {
      throw usageError('say what is to be other: keys change --help lists it')
    }
    const before = await findKey(context, client, ['active', 'disabled'])
    const path = `/keys/${encodeURIComponent(String(fieldOf(before, 'id')))}`
    const { body } = await client.request('PATCH', path, JSON.stringify(change))
    if (args.has('json')) printJson(context.terminal, body)
    else for (const line of formatKeys([body])) context.terminal.print(line)
    return undefined
  },
}

/** `hugway keys list`. */
export const keysList: Command = {
  spec: {
    name: 'keys list',
    positionals: '',
    summary: 'Lists the client keys, newest first: id, status, name, when made, last used and ending. Never a key.',
    flags: { ...WORKER_FLAGS, json: JSON_FLAG },
  },
  async run(context) {
    const keys = await listKeys(clientOf(context))
    if (context.args.has('json')) printJson(context.terminal, keys)
    else if (keys.length === 0) context.terminal.print('no client key has been made yet')
    else for (const line of formatKeys(keys)) context.terminal.print(line)
    return undefined
  },
}

/** `hugway keys revoke`. */
export const keysRevoke: Command = {
  spec: {
    name: 'keys revoke',
    positionals: 'ID_OR_NAME',
    summary: 'Ends a client key. Everywhere within about a minute and a half: KV is eventually consistent.',
    flags: { ...WORKER_FLAGS, json: JSON_FLAG },
  },
  async run(context) {
    const client = clientOf(context)
    const { body } = await client.request('DELETE', `/keys/${encodeURIComponent(await idOf(context, client))}`)
    if (context.args.has('json')) printJson(context.terminal, body)
    else context.terminal.print(describeKey(body))
    return undefined
  },
}

/** `hugway keys rotate`. */
export const keysRotate: Command = {
  spec: {
    name: 'keys rotate',
    positionals: 'ID_OR_NAME',
    summary: 'Makes a new key under the same name; the old one goes on for a while, so that clients can be changed.',
    flags: {
      ...WORKER_FLAGS,
      overlap: { kind: 'text', value: 'DAYS', help: 'how many days the old one goes on (0 to 365, default 7)' },
      expires: { ...EXPIRES, help: 'how long the new one works (default: as long as the old one was made for)' },
      json: JSON_FLAG,
    },
  },
  async run(context) {
    const client = clientOf(context)
    const overlapDays = Number((context.args.text('overlap') ?? '7').replace(/d$/, ''))
    if (!Number.isInteger(overlapDays) || overlapDays < 0 || overlapDays > 365) {
      throw usageError('--overlap takes a number of days from 0 to 365')
    }
    const path = `/keys/${encodeURIComponent(await idOf(context, client))}/rotate`
    const { body } = await client.request('POST', path, JSON.stringify({ overlapDays, ...lifetimeOf(context) }))
    showKey(context, body)
    const replaced = fieldOf(body, 'replaces')
    const ends = String(fieldOf(replaced, 'expiresAt'))
    context.terminal.remark(`The old one (${String(fieldOf(replaced, 'id'))}) works until ${ends}.`)
    return undefined
  },
}

function clientOf({ args, project }: CommandContext): AdminClient {
  return createAdminClient(findWorker(args, project))
}

function lifetimeOf({ args }: CommandContext): { readonly expiresAt?: string } {
  const text = args.text('expires')
  if (text === undefined) return {}
  const expiresAt = parseLifetime(text, Date.now())
  if (expiresAt === undefined) throw usageError('--expires takes 90d, 12h, 4w, or a date that is still to come')
  return { expiresAt }
}

function showKey({ args, terminal }: CommandContext, made: unknown): void {
  if (args.has('json')) printJson(terminal, made)
  else terminal.print(String(fieldOf(made, 'key')))
  terminal.remark(`${describeKey({ ...Object(made), status: 'active' })}\nThe key is above. It is not shown again.`)
}

async function listKeys(client: AdminClient): Promise<readonly unknown[]> {
  return listOf(fieldOf((await client.request('GET', '/keys')).body, 'keys'))
}

async function idOf(context: CommandContext, client: AdminClient): Promise<string> {
  return String(fieldOf(await findKey(context, client, ['active']), 'id'))
}

/** By its id, or by the name that one key alone has of those in `statuses`. */
async function findKey({ args }: CommandContext, client: AdminClient, statuses: readonly string[]): Promise<unknown> {
  const [wanted = ''] = args.positionals
  const keys = await listKeys(client)
  const byId = keys.find((key) => fieldOf(key, 'id') === wanted)
  if (byId) return byId
  const named = keys.filter(
    (key) => fieldOf(key, 'name') === wanted && statuses.includes(String(fieldOf(key, 'status'))),
  )
  const [only, ...others] = named
  if (only === undefined)
    throw new CommandError(`${client.url} has no active key "${wanted}": ${COMMAND} keys list shows them`)
  if (others.length > 0) {
    const list = formatKeys(named)
    throw new CommandError(`Several active keys are called "${wanted}": name one by its id.\n${list.join('\n')}`)
  }
  return only
}

/** A new key has no bound that could be taken away. */
function withoutNull(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function describeKey(key: unknown): string {
  const expires = fieldOf(key, 'expiresAt')
  const until = typeof expires === 'string' ? `until ${expires}` : 'no end'
  const [id, status, name] = ['id', 'status', 'name'].map((field) => String(fieldOf(key, field) ?? ''))
  return `${id}  ${status}  ${name}  ${until}`
}
