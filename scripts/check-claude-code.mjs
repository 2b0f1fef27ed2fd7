/**
 * `npm run check:claude-code`: does a real Claude Code work through hugway? Installs it (once, outside of the project), starts the
 * simulator and the Worker in bare workerd, and runs headless turns of it against them.
 *
 *   npm run check:claude-code -- --only TEXT    the scenarios whose title holds a text
 *
 * Exit 0: every promise was kept. 1: one was broken. 3: the check could not run.
 */
import { checkCodingClient } from './coding-clients/check.mjs'
import { claudeCode } from './coding-clients/claude-code.mjs'

await checkCodingClient(claudeCode)
