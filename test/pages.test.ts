import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const inDocs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...inDocs.map((name) => `docs/${name}`)]

/** Files of the code that a page names, from the root or from `src/`. */
const namedFiles = (text: string) =>
  [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:ts|tsx|mjs))`/g)].map(([, path = '']) => path)

/** Files that a page links to, from where the page is. */
const linkedFiles = (text: string) => [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, path = '']) => path)

const isThere = (path: string) => existsSync(join(ROOT, path))

test.each(PAGES)('%s names and links to files that there are', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  expect(namedFiles(text).filter((path) => !isThere(path) && !isThere(join('src', path)))).toEqual([])
  expect(linkedFiles(text).filter((path) => !isThere(join(dirname(page), path)))).toEqual([])
})

test('they name some', () => {
  const text = PAGES.map((page) => readFileSync(join(ROOT, page), 'utf8')).join('\n')
  expect(namedFiles(text)).toContain('gateway/settle.ts')
  expect(linkedFiles(text).length).toBeGreaterThan(PAGES.length)
})
