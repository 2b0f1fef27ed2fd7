import type { Fault } from '../../src/simulator/answer.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import type { Script } from './case.ts'

/** A simulator that answers each model by a script of its own. */
export type ScriptedUpstream = {
  readonly simulator: Simulator
  /** Answers `model` by `script`, its text being `text`. */
  play(model: string, script: Script, text: string): void
}

/** A model's redirects lead to this path of the simulator itself, so that one who follows them is seen. */
export const redirectPath = (model: string) => `/v1/followed/${model}`

/** Starts a simulator for the matrix, the soak and their tests: any model id, five milliseconds a token. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const simulator = await startSimulator({ tokenDelayMs: 5, acceptAnyModel: true, keepBodies: false })
  const scripts = new Map<string, { readonly script: Script; readonly text: string; played: number }>()
  simulator.script(({ model, path }) => {
    const scripted = model === undefined || path === redirectPath(model) ? undefined : scripts.get(model)
    if (!scripted) return undefined
    const { script, text } = scripted
    const faults = script[Math.min(scripted.played, script.length - 1)] ?? []
    scripted.played += 1
    if ('kind' in faults) return faults
    const spoken = faults.map((fault) => ({ ...filled(fault, simulator.url, model ?? ''), text }))
    return spoken.length > 0 ? spoken : [{ fault: 'none', text }]
  })
  return {
    simulator,
    play: (model, script, text) => void scripts.set(model, { script, text, played: 0 }),
  }
}

/** Fills in what is known only now: where a redirect leads, which date `date+2` is. */
function filled(fault: Fault, url: string, model: string): Fault {
  const seconds = /^date\+(\d+)$/.exec(fault.retryAfter ?? '')?.[1]
  const location = fault.fault === 'redirect' ? { location: `${new URL(url).origin}${redirectPath(model)}` } : {}
  const retryAfter =
    seconds === undefined ? {} : { retryAfter: new Date(Date.now() + Number(seconds) * 1_000).toUTCString() }
  return { ...fault, ...location, ...retryAfter }
}
