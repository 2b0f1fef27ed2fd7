/**
 * `npm run schemas` writes schema/config.json and openapi.json, made of the schemas that the Worker checks with; both are
 * committed and served. `--check` writes nothing and fails where they are not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createConfigSchema } from './schemas/config-schema.mjs'
import { createOpenApi } from './schemas/openapi.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const DOCUMENTS = { 'schema/config.json': createConfigSchema(), 'openapi.json': createOpenApi(version) }

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

// What is compared is the documents, not their layout, which is the formatter's.
const stale = Object.entries(DOCUMENTS).filter(
  ([path, document]) => JSON.stringify(read(join(ROOT, path))) !== JSON.stringify(document),
)
for (const [path, document] of stale) {
  if (process.argv.includes('--check')) {
    console.error(`${path} is not up to date: run npm run schemas`)
    process.exitCode = 1
    continue
  }
  mkdirSync(dirname(join(ROOT, path)), { recursive: true })
  writeFileSync(join(ROOT, path), `${JSON.stringify(document, null, 2)}\n`)
  console.log(`wrote ${path}`)
}
