import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../core/result.ts'

/** What `npm start -- ...` was asked for. */
export type StartFlags =
  | { readonly do: 'help' }
  | { readonly do: 'serve'; readonly host: string; readonly port: number }

export const DEFAULT_PORT = 8787
const DEFAULT_HOST = '127.0.0.1'
const HOST = /^(?:[\w.-]+|[\da-f:]+)$/i
const MAX_PORT = 65_535

/** What `npm start -- --help` prints. */
export const START_USAGE = `Usage: npm start -- [--port N] [--host ADDRESS]

Serves the Worker on this machine, with KV that survives a restart.

  --port N         where to listen (default ${DEFAULT_PORT})
  --host ADDRESS   on which address (default ${DEFAULT_HOST}: this machine only; 0.0.0.0: whoever can reach it)
  --help           this text

Settings come from the environment, then from .dev.vars (see .dev.vars.example). Without HF_TOKEN or
HUGGINGFACE_HUB_TOKEN a simulator answers. Ctrl-C stops everything; the exit code is 0 then, 1 when the Worker does not
start or wrangler ends by itself, 2 for a bad flag.`

/** Parses the arguments after the script's name. The error is one line for a person. Never throws. */
export function parseStartFlags(args: readonly string[]): Result<StartFlags, string> {
  const parsed = parseStrictly(args)
  if (!parsed.ok) return parsed
  if (parsed.value.help) return ok({ do: 'help' })
  const port = readPort(parsed.value.port)
  const host = readHost(parsed.value.host)
  if (!port.ok) return port
  return host.ok ? ok({ do: 'serve', host: host.value, port: port.value }) : host
}

export function readPort(text = String(DEFAULT_PORT)): Result<number, string> {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= MAX_PORT
    ? ok(number)
    : err(`--port takes a number from 1 to ${MAX_PORT}, not "${text}"`)
}

export function readHost(text = DEFAULT_HOST): Result<string, string> {
  return HOST.test(text) ? ok(text) : err(`--host takes an address such as 0.0.0.0, not "${text}"`)
}

/** The address to call from this machine: everywhere is none. */
export function callableAddress(host: string, port: number): string {
  const reached = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

function parseStrictly(args: readonly string[]): Result<{ help?: boolean; port?: string; host?: string }, string> {
  try {
    const options = {
      help: { type: 'boolean', short: 'h' },
      port: { type: 'string' },
      host: { type: 'string' },
    } as const
    return ok(parseArgs({ args: [...args], options }).values)
  } catch (error) {
    // The first sentence names the flag; the rest is advice on positionals, and there are none here.
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/)
    return err(`${sentence} (--help lists what there is)`)
  }
}

/** The flags' names, for what npm keeps to itself. */
export const START_FLAGS = ['port', 'host']

/** Who else can reach an address: nobody, for one of this machine's own. */
export function warnOfHost(host: string): string | undefined {
  if (['127.0.0.1', 'localhost', '::1'].includes(host)) return undefined
  return (
    `Whoever can reach ${host === '0.0.0.0' || host === '::' ? 'this machine' : host} can call it. They need a key, and keys go\n` +
    'unencrypted over plain HTTP: do this only in a network that you trust, or put a proxy with TLS before it.\n' +
    'docs/self-hosting.md tells the way that is meant to last.'
  )
}
