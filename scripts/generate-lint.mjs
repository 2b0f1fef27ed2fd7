/** Writes the import rules of scripts/lint/import-rules.ts into biome.json. `--check` only says whether they are there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { FOLDER_RULES, ROOT_RULES } from './lint/import-rules.ts'

/** Folders are at most this deep below the one that a rule names. */
const MAX_DEPTH = 2

/** A folder's name, which `*` alone would not be: it matches `..` as well. */
const A_NAME = `{${[...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `${letter}*`).join()}}`

const isImportRule = (override) => override.linter?.rules?.style?.noRestrictedImports !== undefined

const biome = JSON.parse(readFileSync('biome.json', 'utf8'))
const rest = biome.overrides.filter((override) => !isImportRule(override))
const wanted = { ...biome, overrides: [...rest, ...folderOverrides(), ...rootOverrides()] }

if (process.argv.includes('--check')) {
  if (isDeepStrictEqual(wanted, biome)) process.exit(0)
  console.error('biome.json does not hold the rules of scripts/lint/import-rules.ts: run `npm run lint:rules`')
  process.exit(1)
}
writeFileSync('biome.json', `${JSON.stringify(wanted, null, 2)}\n`)

function folderOverrides() {
  return Object.entries(FOLDER_RULES).flatMap(([folder, rule]) => {
    const depthOfFolder = folder.split('/').length - 1
    return Array.from({ length: MAX_DEPTH - depthOfFolder + 1 }, (_, below) => {
      const includes = `src/${folder}${'/*'.repeat(below)}/*.ts`
      return toOverride(includesWithTsx(includes), rule, depthOfFolder + below, folder.split('/')[0])
    })
  })
}

function rootOverrides() {
  return Object.entries(ROOT_RULES).map(([file, rule]) => toOverride([`src/${file}`], rule, -1, undefined))
}

function includesWithTsx(pattern) {
  return pattern.includes('src/console/') ? [pattern, pattern.replace(/ts$/, 'tsx')] : [pattern]
}

/**
 * Patterns of gitignore's kind, matched against the text of the import: the last one that fits decides.
 *
 * @param depth How many folders stand between the file and the folder below `src` that it lives in.
 */
function toOverride(includes, { folders, packages = [], files = [], why }, depth, own) {
  const toSrc = depth < 0 ? './' : '../'.repeat(depth + 1)
  const within =
    own === undefined ? [] : ['!./**', ...Array.from({ length: depth }, (_, up) => `!${'../'.repeat(up + 1)}**`)]
  const group = [
    '**',
    ...packages.map((name) => `!${name}`),
    ...within,
    ...(own === undefined ? [] : [`${toSrc}**`]),
    ...folders.map((folder) => `!${toSrc}${folder}/**`),
    './**/../**',
    ...Array.from({ length: Math.max(depth, 0) + 1 }, (_, up) => `${'../'.repeat(up + 1)}${A_NAME}/**/../**`),
    ...files.map(
      (file) => `!${file.startsWith('src/') ? toSrc + file.slice(4) : `../${toSrc}${file}`.replace('.././', '../')}`,
    ),
  ]
  const noRestrictedImports = { level: 'error', options: { patterns: [{ group, message: why }] } }
  return { includes, linter: { rules: { style: { noRestrictedImports } } } }
}
