/**
 * Builds the console (`src/console`) into `assets/console`, which the Worker's static assets are served from. wrangler runs
 * it before every `dev` and `deploy`, so it does nothing while the sources are the ones that were built last. `--force`
 * builds all the same. Plain JS: any Node that wrangler runs under runs it.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TARGET = join(ROOT, 'assets', 'console')
/** Outside of the assets, where it would be served. */
const STAMP = join(ROOT, 'dist', 'console.stamp')
const SOURCES = ['src/{console,wire,core,json}/**/*', 'package-lock.json', 'scripts/build-console.mjs']

function digestOfSources() {
  const hash = createHash('sha256')
  const paths = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of paths.sort())
    hash
      .update(`${path.slice(ROOT.length)}\0`)
      .update(readFileSync(path))
      .update('\0')
  return hash.digest('hex')
}

const isBuilt = (digest) =>
  existsSync(join(TARGET, 'index.html')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest

const digest = digestOfSources()
if (process.argv.includes('--force') || !isBuilt(digest)) await make(digest)

async function make(digest) {
  // Somebody else may be serving the old files, or building the same: the new ones come whole, in one step.
  const scratch = join(ROOT, 'dist', `console-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  try {
    await build({
      configFile: false,
      root: join(ROOT, 'src', 'console'),
      base: '/console/',
      logLevel: 'warn',
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: {
        outDir: scratch,
        emptyOutDir: true,
        target: 'es2022',
        // It would come as an inline script, and its polyfill is for browsers that the policy shuts out anyway.
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0,
        reportCompressedSize: false,
      },
    })
    rmSync(TARGET, { recursive: true, force: true })
    renameSync(scratch, TARGET)
    writeFileSync(STAMP, digest)
  } catch (error) {
    if (!isBuilt(digest)) throw error // another process was faster
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
