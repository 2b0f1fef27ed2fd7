import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'

/**
 * The size of 2026-11-27 and a tenth: it is told, not chased. A free plan takes 3 MiB; what an isolate's start costs is
 * what it reads and evaluates, and `npm run bench` measures that. A jump means that a dependency came along unseen.
 */
const MAX_BUNDLE_KIB = 140
/** What V8 reads of the bundle before its first line runs: the size of 2026-11-27 and a twentieth. 100 KiB take 3 ms. */
const MAX_READ_KIB = 415
const MAX_LINES = 250

test(`the Worker is under ${MAX_BUNDLE_KIB} KiB gzip`, () => {
  const out = mkdtempSync(join(tmpdir(), 'hugway-bundle-'))
  try {
    const args = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', out]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const modules = globSync('**/*', { cwd: out }).filter((name) => /\.(js|mjs|wasm)$/.test(name))
    expect(modules).toEqual(['worker.js'])
    const bytes = readFileSync(join(out, 'worker.js'))
    expect(gzipSync(bytes).byteLength / 1024).toBeLessThan(MAX_BUNDLE_KIB)
    expect(bytes.byteLength / 1024).toBeLessThan(MAX_READ_KIB)
    // One character beyond ASCII has V8 keep and read all of it two bytes a character.
    expect(bytes.findIndex((byte) => byte > 127)).toBe(-1)
    // A module behind import() is put into a function, with all that it imports, and is read twice.
    const documents = ['schema/config.json', 'openapi.json'].length
    expect(bytes.toString().match(/await import\(|Promise\.resolve\(\)\.then\(/g)).toHaveLength(documents)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})

const made = vi.hoisted(() => ({ schemas: 0 }))
vi.mock('zod/mini', async (original) => {
  const zod = await original<typeof import('zod/mini')>()
  const counted = (make: (...args: unknown[]) => unknown, args: unknown[]) => {
    made.schemas++
    return make(...args)
  }
  const entries = Object.entries(zod).map(([name, value]) => [
    name,
    typeof value === 'function' ? (...args: unknown[]) => counted(value as never, args) : value,
  ])
  return Object.fromEntries(entries)
})

test('an isolate that starts makes no schema', async () => {
  const paths = globSync('src/{core,gateway,http,kv,wire}/**/*.ts').filter((path) =>
    readFileSync(path, 'utf8').includes("from 'zod/mini'"),
  )
  expect(paths.length).toBeGreaterThan(5)
  const modules = await Promise.all(paths.map((path) => import(join(process.cwd(), path))))
  expect(made.schemas).toBe(0)
  modules.find((module) => module.documentSchema).documentSchema()
  expect(made.schemas).toBeGreaterThan(0)
})

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const sizes = globSync('src/**/*.ts').map((path) => ({
    path,
    lines: readFileSync(path, 'utf8').split('\n').length - 1,
  }))
  expect(sizes.length).toBeGreaterThan(0)
  expect(sizes.filter(({ lines }) => lines > MAX_LINES)).toEqual([])
})
