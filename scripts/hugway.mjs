#!/usr/bin/env node
/**
 * The command `hugway` of the package. Installed from a tarball, it runs the JavaScript that was made when it was packed
 * (Node strips no types under node_modules); in a checkout, what `npm run hugway` runs. Plain JS: any Node >= 20 runs it.
 */
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

if (/[\\/]node_modules[\\/]/.test(fileURLToPath(import.meta.url))) {
  await import('../dist/npm/cli/main.js')
} else {
  const script = fileURLToPath(new URL('installed.mjs', import.meta.url))
  // It changes the directory, as npm does: files are named from where the person is.
  const env = { ...process.env, npm_lifecycle_event: 'hugway', INIT_CWD: process.cwd() }
  process.exitCode = await run(process.execPath, [script, 'src/cli/main.ts', ...process.argv.slice(2)], { env })
}
