import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../support/build-bundle.ts'

/** What a clone does not have: what git ignores, and the packages, which are linked. */
const NOT_CLONED = ['node_modules', '.git', '.wrangler', '.hugway', 'dist', join('assets', 'console')]
const MAX_FIRST_VIEW_KIB = 60

let clone: string
let said: string

beforeAll(async () => {
  clone = mkdtempSync(join(tmpdir(), 'hugway-clone-'))
  cpSync(ROOT, clone, { recursive: true, filter: (path) => !NOT_CLONED.includes(relative(ROOT, path)) })
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  const wrangler = join('node_modules', 'wrangler', 'bin', 'wrangler.js')
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--outdir', join(clone, 'dist')],
    { cwd: clone, env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' } },
  )
  said = stdout + stderr
})

afterAll(() => rmSync(clone, { recursive: true, force: true }))

test('plain wrangler builds the console of a fresh clone and would upload it', () => {
  expect(said).toContain('--dry-run: exiting now')
  expect(existsSync(join(clone, 'assets', 'console', 'index.html'))).toBe(true)
  expect(existsSync(join(clone, 'assets', '_headers'))).toBe(true)
})

test('the page has no inline script or style and asks no other host, as its policy demands', () => {
  const page = readFileSync(join(clone, 'assets', 'console', 'index.html'), 'utf8')
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/)
  for (const [, url] of page.matchAll(/(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^\/console\/assets\//)
})

test(`the first view is under ${MAX_FIRST_VIEW_KIB} KiB gzip`, () => {
  const home = join(clone, 'assets', 'console')
  const page = readFileSync(join(home, 'index.html'), 'utf8')
  const named = [...page.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(named.length).toBeGreaterThanOrEqual(3)
  const bytes = ['index.html', ...named].map((path) => gzipSync(readFileSync(join(home, path))).byteLength)
  expect(bytes.reduce((sum, one) => sum + one) / 1024).toBeLessThan(MAX_FIRST_VIEW_KIB)
})

test('nothing that is served names a host of its own', () => {
  const files = globSync('assets/console/**/*.{js,css,html}', { cwd: clone })
  expect(files.length).toBeGreaterThan(2)
  const hosts = files.flatMap((path) => readFileSync(join(clone, path), 'utf8').match(/https?:\/\/[\w.-]+/g) ?? [])
  expect(hosts.filter((host) => !NAMESPACES.includes(host))).toEqual([])
})

/** Names that look like addresses and are never asked. */
const NAMESPACES = ['http://www.w3.org']
