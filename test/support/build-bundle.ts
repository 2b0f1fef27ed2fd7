import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where a bundle is found that was built already; the tests' global setup sets it. */
export const BUNDLE_VARIABLE = 'HUGWAY_TEST_BUNDLE'

/** What `wrangler deploy` would upload, in a directory of its own. */
export type Bundle = { readonly directory: string; remove(): void }

/** Builds exactly what would be deployed, by wrangler's dry run, into a temporary directory. */
export async function buildBundle(): Promise<Bundle> {
  const directory = mkdtempSync(join(tmpdir(), 'hugway-bundle-'))
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', directory], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
  })
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

let built: Promise<Bundle> | undefined

/** The directory of the bundle: the one that the global setup built, else one built once for this process. */
export async function bundleDirectory(): Promise<string> {
  const known = process.env[BUNDLE_VARIABLE]
  if (known) return known
  built ??= buildBundle().then((bundle) => {
    process.once('exit', () => bundle.remove())
    return bundle
  })
  return (await built).directory
}
