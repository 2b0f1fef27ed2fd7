import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const MAX_BUNDLE_KIB = 52
const MAX_LINES = 250

test(`the Worker is under ${MAX_BUNDLE_KIB} KiB gzip`, () => {
  const out = mkdtempSync(join(tmpdir(), 'hugway-bundle-'))
  try {
    const args = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', out]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const modules = globSync('**/*', { cwd: out }).filter((name) => /\.(js|mjs|wasm)$/.test(name))
    expect(modules).toEqual(['worker.js'])
    const bytes = gzipSync(readFileSync(join(out, 'worker.js'))).byteLength
    expect(bytes / 1024).toBeLessThan(MAX_BUNDLE_KIB)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const sizes = globSync('src/**/*.ts').map((path) => ({
    path,
    lines: readFileSync(path, 'utf8').split('\n').length - 1,
  }))
  expect(sizes.length).toBeGreaterThan(0)
  expect(sizes.filter(({ lines }) => lines > MAX_LINES)).toEqual([])
})
