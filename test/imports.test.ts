import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FOLDER_RULES, type ImportRule, ROOT_RULES } from '../scripts/lint/import-rules.ts'

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

/** Every package that a rule names, and one that none does. */
const PACKAGES = [
  ...new Set([...Object.values(FOLDER_RULES), ...Object.values(ROOT_RULES)].flatMap(({ packages = [] }) => packages)),
  'openai',
]
  .filter((name) => !name.includes('*'))
  .concat('node:fs', 'hono/cors', 'uplot/dist/uplot.esm.js')
const FOLDERS = [...new Set(Object.keys(FOLDER_RULES).map((folder) => folder.split('/')[0] ?? ''))]
const FILES = ['src/platform.ts', 'src/compose.ts', 'src/settings.ts', 'src/worker.ts', 'schema/config.json']

const mayUsePackage = ({ packages = [] }: ImportRule, name: string) =>
  packages.some((pattern) =>
    pattern.includes('*') ? name.startsWith(pattern.slice(0, pattern.indexOf('*'))) : pattern === name,
  )

/** Everything that a file of a folder could name, and whether its rule allows it. */
function candidates(rule: ImportRule, own: string | undefined, toSrc: string) {
  return [
    ...FOLDERS.filter((name) => name !== own).flatMap((name) =>
      [`${toSrc}${name}/file.ts`, `${toSrc}${name}/deeper/file.ts`].map((specifier) => ({
        specifier,
        allowed: rule.folders.includes(name),
      })),
    ),
    ...PACKAGES.map((name) => ({ specifier: name, allowed: mayUsePackage(rule, name) })),
    // A folder may always import itself.
    ...(own === undefined ? [] : ['./sibling.ts', ...(toSrc === '../' ? [] : ['../sibling.ts'])]).map((specifier) => ({
      specifier,
      allowed: true,
    })),
    ...FILES.map((file) => ({
      specifier: file.startsWith('src/')
        ? `${toSrc}${file.slice(4)}`
        : toSrc === './'
          ? `../${file}`
          : `${toSrc}../${file}`,
      allowed: (rule.files ?? []).includes(file),
    })),
  ]
}

describe('imports between folders', () => {
  const places = Object.entries(FOLDER_RULES).flatMap(([folder, rule]) =>
    ['', 'sub/', 'sub/deep/']
      .slice(0, folder.includes('/') ? 2 : 3)
      .map((sub) => ({ path: `src/${folder}/${sub}planted.ts`, rule, own: folder.split('/')[0] })),
  )

  test.each(places)('$path imports what it may and nothing else', ({ path, rule, own }) => {
    const all = candidates(rule, own, '../'.repeat(path.split('/').length - 2))
    const refused = refusedImports(
      path,
      all.map(({ specifier }) => specifier),
    )
    expect(refused).toEqual(all.filter((target) => !target.allowed).map(({ specifier }) => specifier))
  })

  test.each(Object.entries(ROOT_RULES))('%s imports what it may and nothing else', (file, rule) => {
    const all = candidates(rule, undefined, './').filter(({ specifier }) => specifier !== `./${file}`)
    const refused = refusedImports(
      `src/${file}`,
      all.map(({ specifier }) => specifier),
    )
    expect(refused).toEqual(all.filter((target) => !target.allowed).map(({ specifier }) => specifier))
  })

  test('biome.json holds the table as it stands', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-lint.mjs', '--check'], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
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

  test('a cycle of types alone is one too', () => {
    const a = "import type { B } from './b.ts'\nexport type A = B\n"
    const b = "import type { A } from './a.ts'\nexport type B = { a: A }\n"
    const found = lint({ 'src/core/a.ts': a, 'src/core/b.ts': b }).map(({ category }) => category)
    expect(found).toEqual(Array(2).fill('lint/suspicious/noImportCycles'))
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

  test.each(NAMED)('%s is refused everywhere but in platform.ts', (expression) => {
    const [first, ...others] = lint({ 'src/gateway/planted.ts': `export const x = ${expression}\n` })
    expect(others).toEqual([])
    expect(first?.category).toBe(expression.startsWith('fetch') ? 'lint/style/noRestrictedGlobals' : 'plugin')
    if (first?.category === 'plugin') expect(first.message).toContain('handed-down')
  })

  test.each(['src/platform.ts', 'src/cli/x.ts', 'src/simulator/x.ts', 'test/core/x.ts'])('%s may name them', (path) => {
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

test.each([
  ['token === deploymentKey', 1],
  ['deps.adminToken !== given', 1],
  ['given == expected', 1],
  ['token === undefined', 0],
  ['undefined !== token', 0],
  ['given.byteLength === expected.byteLength', 0],
  ["kind === 'token'", 0],
])('a secret is not compared by its characters: %s', (comparison, count) => {
  const text = `export const f = (token: string, deploymentKey: string, given: string, expected: string, deps: { adminToken: string }, kind: string) => [${comparison}, token, deploymentKey, given, expected, deps, kind]\n`
  const found = lint({ 'src/gateway/keys/planted.ts': text }).filter(({ message }) => message.includes('constant-time'))
  expect(found).toHaveLength(count)
})

test.each(["fetch('/x')", 'new EventSource("/x")', 'localStorage'])(
  'the console may not name %s, but in api.ts',
  (text) => {
    const line = `export const x = ${text}\n`
    expect(lint({ 'src/console/keys/x.tsx': line }).map((d) => d.category)).toEqual(['lint/style/noRestrictedGlobals'])
    expect(lint({ 'src/console/api.ts': line })).toEqual([])
  },
)

test('a default export is refused everywhere but in worker.ts', () => {
  const text = 'export default 1\n'
  expect(lint({ 'src/core/x.ts': text }).map((d) => d.category)).toEqual(['lint/style/noDefaultExport'])
  expect(lint({ 'src/worker.ts': text })).toEqual([])
})
