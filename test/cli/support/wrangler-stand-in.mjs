/**
 * Plays wrangler at the edge where Cloudflare would be called: it keeps namespaces, secrets and values in the file of
 * STAND_IN_STATE, and records every call. What it prints has the shape of wrangler 4.155.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const file = process.env.STAND_IN_STATE
const state = JSON.parse(readFileSync(file, 'utf8'))
const args = process.argv.slice(2)
const input = readFileSync(0, 'utf8')
const command = args.join(' ')
const option = (name) => args[args.indexOf(name) + 1]
const save = () => writeFileSync(file, JSON.stringify(state))

state.calls.push({ args, input })
save()
if (state.failing && command.startsWith(state.failing)) {
  console.error('\n✘ [ERROR] A request to the Cloudflare API failed.\n\n  Something is out of order [code: 10013]\n')
  process.exit(1)
}

/** The team of a call: by its section, or before there is one by the Worker's name. */
const team = () => {
  if (args.includes('--env')) return option('--env')
  return option('--name') === 'hugway' ? 'production' : option('--name').replace('hugway-', '')
}
const where = () => (args.includes('--local') ? 'local' : option('--namespace-id'))
const COMMANDS = {
  'whoami --json': () => {
    if (!state.isLoggedIn) process.exit(1)
    return '{"loggedIn":true}'
  },
  'kv namespace list': () => JSON.stringify(state.namespaces, undefined, 2),
  'kv namespace create': () => {
    state.namespaces.push({
      id: `${state.namespaces.length}`.repeat(32).slice(0, 32).replaceAll('1', 'a'),
      title: args[3],
    })
    return `🌀 Creating namespace with title "${args[3]}"\n✨ Success!`
  },
  'secret list': () => {
    const secrets = state.secrets[team()]
    if (secrets === undefined) {
      console.error(
        '✘ [ERROR] Worker "x" not found. If this is a new Worker, run `wrangler deploy` first to create it.',
      )
      process.exit(1)
    }
    return JSON.stringify(Object.keys(secrets).map((name) => ({ name, type: 'secret_text' })))
  },
  'secret bulk': () => {
    state.secrets[option('--env')] = { ...state.secrets[option('--env')], ...JSON.parse(input) }
    return '✨ Successfully created secrets'
  },
  'kv key get': () => {
    if (state.kv[where()] === undefined && !args.includes('--local')) {
      console.error('✘ [ERROR] Failed to fetch https://api.cloudflare.com/client/v4/values/config - 404: Not Found')
      process.exit(1)
    }
    return state.kv[where()] ?? 'Value not found'
  },
  'kv key put': () => {
    state.kv[where()] = readFileSync(option('--path'), 'utf8')
    return `Writing the contents of ${option('--path')}`
  },
  deploy: () => {
    const entry = { type: 'deploy', version: 1, worker_name: 'hugway', targets: [state.url] }
    appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, `${JSON.stringify(entry)}\n`)
    return `Deployed hugway triggers (0.50 sec)\n  ${state.url}`
  },
}
const found = Object.keys(COMMANDS).find((name) => command.startsWith(name))
if (found === undefined) {
  console.error(`the stand-in does not play: wrangler ${command}`)
  process.exit(1)
}
const isKilling = state.killing !== '' && command.startsWith(state.killing)
if (isKilling) state.killing = ''
const said = COMMANDS[found]()
save()
// It is done, and whoever asked for it is killed before it can hear so.
if (isKilling) process.kill(process.ppid, 'SIGKILL')
else console.log(said)
