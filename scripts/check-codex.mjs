/**
 * `npm run check:codex`: does a real Codex work through hugway? Installs it (once, outside of the project), starts the
 * simulator and the Worker in bare workerd, and runs headless turns of it against them.
 *
 *   npm run check:codex -- --only TEXT    the scenarios whose title holds a text
 *
 * Exit 0: every promise was kept. 1: one was broken. 3: the check could not run.
 */
import { checkCodingClient } from './coding-clients/check.mjs'
import { codex } from './coding-clients/codex.mjs'

await checkCodingClient(codex)
