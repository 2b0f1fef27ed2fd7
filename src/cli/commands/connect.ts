import type { Command } from '../command.ts'
import { usageError } from '../command-error.ts'
import { proveClient } from '../connect/client-check.ts'
import { readClientModels } from '../connect/client-models.ts'
import { CLIENTS, formatSnippet } from '../connect/client-snippets.ts'
import { unknown } from '../flags.ts'
import { findWorker, requireApiKey, WORKER_FLAGS } from '../worker/worker-access.ts'

/** `hugway connect`. */
export const connect: Command = {
  spec: {
    name: 'connect',
    positionals: 'CLIENT',
    summary: `Prints the configuration or the code for a client (${CLIENTS.join(', ')}) against a deployment.`,
    details: 'The key stays a reference to HUGWAY_API_KEY. With --check the call that the client makes is made.',
    flags: { ...WORKER_FLAGS, check: { kind: 'switch', help: 'prove it by a real call' } },
  },
  async run({ args, project, terminal }) {
    const [wanted = ''] = args.positionals
    const client = CLIENTS.find((name) => name === wanted)
    if (!client) throw usageError(unknown('client', wanted, CLIENTS, 'connect'))
    const access = findWorker(args, project)
    const models = await readClientModels(access)
    terminal.print(formatSnippet(client, { url: access.url, ...models }))
    if (client === 'openclaw' && models.count > models.rows.length) {
      const list = 'openclaw models list --provider litellm --refresh'
      terminal.remark(`${models.rows.length} of ${models.count} models are written out; \`${list}\` finds the others.`)
    }
    if (!args.has('check')) return undefined
    const apiKey = requireApiKey(access)
    const { text, target, hasUsage } = await terminal.during(`Making the call (${models.primary.id})`, () =>
      proveClient(client, access.url, apiKey, models.primary.id),
    )
    const said = text.trim().replace(/\s+/g, ' ').slice(0, 60)
    terminal.remark(`It works: ${target ?? models.primary.id} answered "${said}"${hasUsage ? ', with usage' : ''}.`)
    if (!hasUsage) terminal.warn('The answer came without usage: clients will show no cost.')
    return undefined
  },
}
