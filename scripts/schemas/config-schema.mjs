import * as z from 'zod/mini'
import { documentSchema } from '../../src/core/config/config-schema.ts'
import { DESCRIPTIONS } from './config-descriptions.mjs'

/**
 * Makes the JSON Schema of the configuration out of the Zod schema that the Worker checks it with.
 *
 * @returns {object} The schema, every key described.
 * @throws {Error} Naming the keys that have no description, and the descriptions that have no key.
 */
export function createConfigSchema() {
  const { $schema, ...schema } = z.toJSONSchema(documentSchema(), { io: 'input' })
  const used = new Set()
  const missing = []
  describe(schema, '', (path) => {
    used.add(path)
    if (!DESCRIPTIONS[path]) missing.push(path)
    return DESCRIPTIONS[path] ?? {}
  })
  const idle = Object.keys(DESCRIPTIONS).filter((path) => !used.has(path))
  if (missing.length + idle.length > 0) {
    throw new Error(`not described: ${missing.join(', ') || '-'}; described but no key: ${idle.join(', ') || '-'}`)
  }
  return { $schema, title: 'hugway configuration', ...schema }
}

/** Visits every key, through unions, lists and maps, and lays what `textsOf` knows of it beside its schema. */
function describe(schema, path, textsOf, isBranch = false) {
  if (!isBranch) Object.assign(schema, textsOf(path))
  for (const branch of schema.anyOf ?? []) describe(branch, path, textsOf, true)
  if (schema.items) describe(schema.items, `${path}[]`, textsOf)
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    describe(member, path === '' ? key : `${path}.${key}`, textsOf)
  }
  if (schema.propertyNames && schema.additionalProperties) describe(schema.additionalProperties, `${path}.*`, textsOf)
}
