import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../core/result.ts'

/** What `npm start -- ...` was asked for. */
export type StartFlags = { readonly do: 'help' } | { readonly do: 'serve'; readonly port: number }

const DEFAULT_PORT = 8787
const MAX_PORT = 65_535

/** What `npm start -- --help` prints. */
export const START_USAGE = `Usage: npm start -- [--port N]

Serves the Worker on this machine, with KV that survives a restart.

  --port N   where to listen on 127.0.0.1 (default ${DEFAULT_PORT})
  --help     this text

Settings come from the environment, then from .dev.vars (see .dev.vars.example). Without HF_TOKEN or
HUGGINGFACE_HUB_TOKEN a simulator answers. Ctrl-C stops everything; the exit code is 0 then, 1 when the Worker does not
start or wrangler ends by itself, 2 for a bad flag.`

/** Parses the arguments after the script's name. The error is one line for a person. Never throws. */
export function parseStartFlags(args: readonly string[]): Result<StartFlags, string> {
  const parsed = parseStrictly(args)
  if (!parsed.ok) return parsed
  const { help, port } = parsed.value
  if (help) return ok({ do: 'help' })
  if (port === undefined) return ok({ do: 'serve', port: DEFAULT_PORT })
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0
  if (number < 1 || number > MAX_PORT) return err(`--port takes a number from 1 to ${MAX_PORT}, not "${port}"`)
  return ok({ do: 'serve', port: number })
}

function parseStrictly(args: readonly string[]): Result<{ help?: boolean; port?: string }, string> {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, port: { type: 'string' } } as const
    return ok(parseArgs({ args: [...args], options }).values)
  } catch (error) {
    // The first sentence names the flag; the rest is advice on positionals, and there are none here.
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/)
    return err(`${sentence} (--help lists what there is)`)
  }
}
