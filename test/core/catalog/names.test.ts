import { expect, test } from 'vitest'
import { buildCatalog } from '../../../src/core/catalog/catalog.ts'
import { DEFAULT_CONFIG } from '../../../src/core/config/config.ts'

test.each<[what: string, name: string, shown: string]>([
  ['escape sequences of a terminal', '\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['letters that turn the direction around', 'a\u202eb', 'a b'],
  ['line breaks', 'one\r\ntwo', 'one two'],
  ['nothing that shows', '\u0007\u200b', 'B'],
])('a name of the router’s is shown without %s', (_what, name, shown) => {
  expect(buildCatalog([{ id: 'a/b', name }], DEFAULT_CONFIG).rows[0]?.name).toBe(shown)
})
