import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The rules under test are the project's own: biome.json and scripts/lint are copied next to each planted file. */
const BIOME = resolve('node_modules/@biomejs/biome/bin/biome')

interface Diagnostic {
  category: string
  message: string
  location: { start: { line: number } }
}

/** Lints `files` (path -> text) in a project of their own, so that nothing is ever planted in this one. */
function lint(files: Record<string, string>): Diagnostic[] {
  const root = mkdtempSync(join(tmpdir(), 'hugway-planted-'))
  try {
    cpSync('biome.json', join(root, 'biome.json'))
    cpSync('scripts/lint', join(root, 'scripts/lint'), { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none', ...Object.keys(files)]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    const report: { summary: { unchanged: number }; diagnostics: Diagnostic[] } = JSON.parse(stdout)
    expect(report.summary.unchanged, `biome did not look at every file: ${stderr}`).toBe(Object.keys(files).length)
    return report.diagnostics
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** One `export ... from` a line: the refused ones, as they were written. */
function refusedImports(path: string, specifiers: readonly string[]): string[] {
  const lines = specifiers.map((specifier, index) => `export { x as x${index} } from '${specifier}'\n`)
  return lint({ [path]: lines.join('') }).map(({ category, location }) => {
    expect(category).toBe('lint/style/noRestrictedImports')
    return specifiers[location.start.line - 1] ?? `line ${location.start.line}`
  })
}

const FOLDERS = ['core', 'openai', 'huggingface', 'kv', 'gateway', 'http', 'cli', 'simulator']
const PACKAGES = [
  '@clack/prompts',
  'hono',
  'zod',
  'zod/mini',
  'json5',
  'eventsource-parser',
  'openai',
  'node:fs',
  'cloudflare:workers',
]

/** Which way imports may point. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: ['core', 'zod', 'zod/mini'],
  openai: ['openai', 'core', 'zod', 'zod/mini'],
  huggingface: ['huggingface', 'openai', 'core', 'eventsource-parser'],
  kv: ['kv', 'core', 'zod', 'zod/mini'],
  gateway: ['gateway', 'huggingface', 'kv', 'openai', 'core'],
  http: ['http', 'gateway', 'openai', 'core', 'hono'],
  cli: ['cli', 'core', 'openai', 'simulator', 'json5', '@clack/prompts', 'node:fs'],
  simulator: ['simulator', 'node:fs'],
}

describe('imports between folders', () => {
  test.each(Object.entries(MAY_IMPORT))('%s imports what it may and nothing else', (folder, allowed) => {
    const targets = FOLDERS.map((name) => ({
      name: `folder ${name}`,
      specifier: name === folder ? './sibling.ts' : `../${name}/file.ts`,
      allowed: allowed.includes(name),
    }))
    // The npm package `openai` is not the folder `openai`: no folder may import it.
    const packages = PACKAGES.map((name) => ({
      name: `package ${name}`,
      specifier: name,
      allowed: name !== 'openai' && allowed.includes(name),
    }))
    const roots = ['../worker.ts', '../settings.ts'].map((specifier) => ({
      name: specifier,
      specifier,
      allowed: false,
    }))
    const all = [...targets, ...packages, ...roots]
    const refused = refusedImports(
      `src/${folder}/planted.ts`,
      all.map(({ specifier }) => specifier),
    )
    expect(refused).toEqual(all.filter((target) => !target.allowed).map(({ specifier }) => specifier))
  })

  test('a route, one folder deeper, has the rules of http', () => {
    const allowed = [
      './x.ts',
      '../app.ts',
      '../middleware/x.ts',
      '../../gateway/x.ts',
      '../../openai/x.ts',
      'hono/cors',
    ]
    const refused = [
      '../../kv/x.ts',
      '../../huggingface/x.ts',
      '../../settings.ts',
      '../../worker.ts',
      'zod',
      'node:fs',
    ]
    expect(refusedImports('src/http/routes/planted.ts', [...allowed, ...refused])).toEqual(refused)
  })

  test('a command, one folder deeper, has the rules of cli', () => {
    const allowed = [
      './x.ts',
      '../terminal.ts',
      '../../core/x.ts',
      '../../openai/x.ts',
      '../../simulator/x.ts',
      'json5',
    ]
    const refused = ['../../kv/x.ts', '../../gateway/x.ts', '../../http/x.ts', '../../worker.ts', 'hono', 'zod/mini']
    expect(refusedImports('src/cli/commands/planted.ts', [...allowed, ...refused])).toEqual(refused)
  })

  test.each(['src/worker.ts', 'src/settings.ts'])('%s reaches everything but cli, simulator and Hono', (path) => {
    const allowed = ['core', 'openai', 'huggingface', 'kv', 'gateway', 'http'].map((folder) => `./${folder}/x.ts`)
    const refused = ['./cli/x.ts', './simulator/x.ts', './core/../cli/x.ts', 'hono', 'node:fs']
    expect(refusedImports(path, [...allowed, ...refused])).toEqual(refused)
  })

  test.each([
    ['a type', "import type { X } from '../gateway/x.ts'\nexport type Y = X\n"],
    ['a dynamic import', "export const x = () => import('../gateway/x.ts')\n"],
    ['a star export', "export * from '../gateway/x.ts'\n"],
    ['a path with a detour', "export { x } from './../gateway/x.ts'\n"],
    ['a path with a detour through its own folder', "export { x } from './y/../../gateway/x.ts'\n"],
  ])('%s is an import too', (_what, text) => {
    const [first, ...others] = lint({ 'src/core/planted.ts': text })
    expect(others).toEqual([])
    expect(first?.category).toBe('lint/style/noRestrictedImports')
    expect(first?.message).toContain('core decides and does no I/O')
  })

  test('a cycle is refused, a chain is not', () => {
    const a = "import { b } from './b.ts'\nexport const a = () => b\n"
    const cycle = lint({
      'src/core/a.ts': a,
      'src/core/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
    })
    expect(cycle.map(({ category }) => category)).toEqual(Array(2).fill('lint/suspicious/noImportCycles'))
    expect(lint({ 'src/core/a.ts': a, 'src/core/b.ts': 'export const b = 1\n' })).toEqual([])
  })
})

describe('what is handed down', () => {
  const NAMED = ['Date.now()', 'new Date()', 'Math.random()', 'crypto.randomUUID()', 'globalThis.fetch', "fetch('/')"]

  test.each(NAMED)('%s is refused below worker.ts', (expression) => {
    const [first, ...others] = lint({ 'src/gateway/planted.ts': `export const x = ${expression}\n` })
    expect(others).toEqual([])
    expect(first?.category).toBe(expression.startsWith('fetch') ? 'lint/style/noRestrictedGlobals' : 'plugin')
    if (first?.category === 'plugin') expect(first.message).toContain('handed-down')
  })

  test.each(['src/worker.ts', 'src/cli/x.ts', 'src/simulator/x.ts', 'test/core/x.ts'])('%s may name them', (path) => {
    expect(lint({ [path]: `export const x = [${NAMED.join(', ')}]\n` })).toEqual([])
  })

  test('a clock, a fetch and a date that come in as arguments are fine', () => {
    const text = 'export const f = (fetch: (x: Date) => 1, now: () => number) => fetch(new Date(now()))\n'
    expect(lint({ 'src/gateway/planted.ts': text })).toEqual([])
  })

  test.each(['process', 'Buffer'])("Node's global %s is refused in the Worker", (name) => {
    const text = `export const x = ${name}\n`
    const categories = ['src/worker.ts', 'src/core/x.ts'].map((path) => lint({ [path]: text }).map((d) => d.category))
    expect(categories).toEqual(Array(2).fill(['lint/style/noRestrictedGlobals']))
  })
})

test('a default export is refused everywhere but in worker.ts', () => {
  const text = 'export default 1\n'
  expect(lint({ 'src/core/x.ts': text }).map((d) => d.category)).toEqual(['lint/style/noDefaultExport'])
  expect(lint({ 'src/worker.ts': text })).toEqual([])
})
