import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/hugway.ts'

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const README = read('README.md')

function sourceOf(folder: string): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join(folder, name)))
    .join('\n')
}

/** What a pattern's first group finds, each once. An empty list would make a test that asserts nothing. */
function namesIn(text: string, pattern: RegExp): readonly string[] {
  const names = [...new Set([...text.matchAll(pattern)].flatMap(([, name]) => name ?? []))]
  expect(names).not.toEqual([])
  return names
}

const missingIn = (page: string, names: readonly string[]) => names.filter((name) => !page.includes(name))

test('an operator finds every setting of the deployment in the README', () => {
  const names = namesIn(read('src/settings.ts'), /^ {2}readonly ([A-Z][A-Z_]+)\?:/gm)
  expect(missingIn(README, names)).toEqual([])
})

test('a client finds the code of every error in the README', () => {
  const names = namesIn(sourceOf('src/wire'), /(?:\b[45]\d\d,\s+|\bcode: )'([a-z_]+)'/g)
  // Nobody is left to read it.
  expect(missingIn(README, names)).toEqual(['client_gone'])
})

test('every route that is served is named in the README', () => {
  const paths = Object.keys(JSON.parse(read('openapi.json')).paths).map((path) => path.replace(/\/?\{\w+\}.*$/, ''))
  expect(paths.length).toBeGreaterThan(20)
  expect(missingIn(README, paths)).toEqual(['/admin/catalog/refresh', '/admin/catalog/drift'])
})

test('every group of keys that is hugway\u2019s own is in the README, every key of KV too', () => {
  const { properties } = JSON.parse(read('schema/config.json')).properties.hugway
  const keys = Object.keys(properties).map((key) => `hugway.${key}`)
  expect(keys).toContain('hugway.timeouts')
  expect(missingIn(README, keys)).toEqual([])
  const stored = namesIn(read('src/kv/schema.ts'), /^export const \w+ = '([a-z_:0-9]+)'/gm)
  expect(missingIn(README, stored)).toEqual([])
})

test('every event of the log, every end and every metric is explained to who looks at them', () => {
  const page = read('docs/observability.md')
  const events = namesIn(sourceOf('src'), /\blog\('([a-z_]+)'/g)
  const ends = namesIn(
    /export type CompletionEnd =([\s\S]*?)\n\n/.exec(read('src/core/completion-record.ts'))?.[1] ?? '',
    /'(\w+)'/g,
  )
  const metrics = namesIn(read('src/wire/admin/metrics-text.ts'), /'(hugway_\w+)'/g)
  expect(
    missingIn(
      page,
      [...events, ...ends, ...metrics].map((name) => `\`${name}\``),
    ),
  ).toEqual([])
})
