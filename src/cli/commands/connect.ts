import { spawnSync } from 'node:child_process'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, usageError } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { proveClient } from '../connect/client-check.ts'
import { readClientModels } from '../connect/client-models.ts'
import { CLIENTS, type ClientName, formatSnippet } from '../connect/client-snippets.ts'
import { type Arguments, unknown } from '../flags.ts'
import { printJson } from '../terminal.ts'
import { findWorker, isSimulated, requireApiKey, WORKER_FLAGS, type WorkerAccess } from '../worker/worker-access.ts'

/** Not a client: what a shell evaluates, so that what is pasted afterwards finds the key. */
const ENV = 'env'

/** `hugway connect`. */
export const connect: Command = {
  spec: {
    name: 'connect',
    positionals: 'CLIENT',
    summary: 'Prints the configuration or the code for a client against a deployment.',
    details:
      `CLIENT is one of ${CLIENTS.join(', ')}; or ${ENV}: the exports of the address and of the\n` +
      `client key that is known here, to be evaluated: eval "$(${COMMAND} connect env)". Everything else holds no key, but\n` +
      'a reference to HUGWAY_API_KEY. With --check the call that the client makes is made; of curl, the very text.',
    flags: {
      ...WORKER_FLAGS,
      model: { kind: 'text', value: 'MODEL', help: 'a ref or an alias (default: the default model)' },
      check: { kind: 'switch', help: 'prove it by a real call' },
      json: { kind: 'switch', help: 'for a script: one JSON value on standard output' },
    },
  },
  async run(context) {
    const { args, project, terminal } = context
    const [wanted = ''] = args.positionals
    const access = findWorker(args, project)
    if (wanted === ENV) return printEnv(context, access)
    const client = CLIENTS.find((name) => name === wanted)
    if (!client) throw usageError(unknown('client', wanted, [...CLIENTS, ENV], 'connect'))
    const models = await readClientModels(access, args.text('model'))
    const { primary, rows, count } = models
    const snippet = formatSnippet(client, { url: access.url, exporting: exportingOf(args), primary, rows })
    if (args.has('json')) printJson(terminal, { client, baseUrl: `${access.url}/v1`, model: primary.id, snippet })
    else terminal.print(snippet)
    if (client === 'openclaw' && count > rows.length) {
      const list = 'openclaw models list --provider litellm --refresh'
      terminal.remark(`${rows.length} of ${count} models are written out; \`${list}\` finds the others.`)
    }
    if (!process.env['HUGWAY_API_KEY']) terminal.remark(`HUGWAY_API_KEY is set by: ${exportingOf(args)}`)
    if (!args.has('check')) return undefined
    if (client === 'curl') checkText(context, snippet)
    await checkCall(context, client, access, primary.id)
    return undefined
  },
}

/** With the deployment that is meant, so that it can be pasted as it is. */
function exportingOf(args: Arguments): string {
  const flags = ['url', 'team'].flatMap((name) =>
    args.text(name) === undefined ? [] : [`--${name} ${args.text(name)}`],
  )
  return `eval "$(${[COMMAND, 'connect', ENV, ...flags].join(' ')})"`
}

function printEnv({ args, terminal }: CommandContext, access: WorkerAccess): undefined {
  const key = requireApiKey(access)
  const vars = { HUGWAY_URL: access.url, HUGWAY_API_KEY: key, OPENAI_BASE_URL: `${access.url}/v1`, OPENAI_API_KEY: key }
  if (args.has('json')) printJson(terminal, vars)
  else {
    const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`
    terminal.print(
      Object.entries(vars)
        .map(([name, value]) => `export ${name}=${quote(value)}`)
        .join('\n'),
    )
  }
  return undefined
}

/** The text is run as somebody would who pasted it. */
function checkText({ terminal }: CommandContext, text: string): void {
  if (process.platform === 'win32') return
  const { status, stdout, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 180_000 })
  if (status === 0 && stdout.includes('[DONE]'))
    terminal.remark('The text above was run as it is, and streamed an answer.')
  else throw new CommandError(`The text above does not work as it is: ${`${stdout}${stderr}`.trim().slice(0, 400)}`)
}

async function checkCall(
  { terminal }: CommandContext,
  client: ClientName,
  access: WorkerAccess,
  model: string,
): Promise<void> {
  const apiKey = requireApiKey(access)
  const { text, target, hasUsage } = await terminal.during(`Making the call (${model})`, () =>
    proveClient(client, access.url, apiKey, model),
  )
  const said = text.trim().replace(/\s+/g, ' ').slice(0, 60)
  const by = (await isSimulated(access.url)) ? 'a simulator, in the place of ' : ''
  terminal.remark(`It works: ${by}${target ?? model} answered "${said}"${hasUsage ? ', with usage' : ''}.`)
  if (!hasUsage) terminal.warn('The answer came without usage: clients will show no cost.')
}
