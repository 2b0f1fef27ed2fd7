import { expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/core/config/config.ts'
import { createCatalogInUse } from '../../src/isolate/catalog-in-use.ts'

const MODELS = [{ id: 'a/b' }]

test('the catalog is built once for the same list and configuration', () => {
  const inUse = createCatalogInUse({})
  expect(inUse.of(DEFAULT_CONFIG, MODELS)).toBe(inUse.of(DEFAULT_CONFIG, MODELS))
})

test('a new list or a new configuration makes a new one', () => {
  const inUse = createCatalogInUse({})
  const first = inUse.of(DEFAULT_CONFIG, MODELS)
  const second = inUse.of(DEFAULT_CONFIG, [...MODELS, { id: 'c/d' }])
  expect(second.rows).toHaveLength(2)
  const third = inUse.of({ ...DEFAULT_CONFIG }, MODELS)
  expect(new Set([first, second, third]).size).toBe(3)
})
