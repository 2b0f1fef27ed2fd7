import { parseArgs } from 'node:util'
import { startSimulator } from './start-simulator.ts'

const USAGE = 'Usage: node src/simulator/main.ts [--port N] [--host NAME] [--token-delay MS] [--require-token]'

/** Runs the simulator alone until it is interrupted, and prints the URL to use as `HF_BASE_URL`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      'token-delay': { type: 'string', default: '20' },
      'require-token': { type: 'boolean', default: false },
    },
  })
  const simulator = await startSimulator({
    port: toNumber(values.port),
    host: values.host,
    tokenDelayMs: toNumber(values['token-delay']),
    requireToken: values['require-token'],
  })
  console.log(`Simulated Hugging Face router at ${simulator.url}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => simulator.close().then(() => process.exit(0)))
  }
}

function toNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number) || number < 0) throw new Error(`"${text}" is not a number from 0`)
  return number
}

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 1
})
