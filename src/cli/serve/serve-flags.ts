import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../core/result.ts'
import { DEFAULT_PORT, readHost, readPort } from '../start/start-flags.ts'

/** What `npm run serve -- ...` was asked for. Paths as they were written. */
export type ServeFlags =
  | { readonly do: 'help' }
  | {
      readonly do: 'serve'
      readonly host: string
      readonly port: number
      readonly data: string
      /** A bundle that is there already; without it one is made. */
      readonly bundle: string | undefined
    }

/** What `npm run serve -- --help` prints. */
export const SERVE_USAGE = `Usage: npm run serve -- [--port N] [--host ADDRESS] [--data DIR] [--bundle FILE]

Serves the Worker on a machine of your own, without Cloudflare: the same bundle, with KV and objects on disk. See
docs/self-hosting.md.

  --port N         where to listen (default ${DEFAULT_PORT})
  --host ADDRESS   on which address (default 127.0.0.1: this machine only; 0.0.0.0: whoever can reach it)
  --data DIR       where configuration, keys and ledgers are kept (default hugway-data)
  --bundle FILE    the Worker as 'npm run build' made it (default: made at the start)
  --help           this text

Settings come from the environment: HF_TOKEN is needed. HUGWAY_API_KEY and HUGWAY_ADMIN_TOKEN are made where they are not
set, and kept in DIR/keys.json. A signal ends it with exit code 0; 1: it did not start, or does not answer any more; 2: a
flag or a setting is wrong.`

/** Parses the arguments after the script's name. The error is one line for a person. Never throws. */
export function parseServeFlags(args: readonly string[]): Result<ServeFlags, string> {
  try {
    const text = { type: 'string' } as const
    const options = { help: { type: 'boolean', short: 'h' }, port: text, host: text, data: text, bundle: text } as const
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) return ok({ do: 'help' })
    const port = readPort(values.port)
    const host = readHost(values.host)
    if (!port.ok) return port
    if (!host.ok) return host
    const { data = 'hugway-data', bundle } = values
    return ok({ do: 'serve', host: host.value, port: port.value, data, bundle })
  } catch (error) {
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/)
    return err(`${sentence} (--help lists what there is)`)
  }
}
