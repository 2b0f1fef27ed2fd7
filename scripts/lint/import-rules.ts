/**
 * Who may import whom below `src/`: the one table. `scripts/generate-lint.mjs` writes it into biome.json, and
 * `test/imports.test.ts` plants a violation of each line of it.
 *
 * `folders`: other folders of `src`; a folder may always import itself. `packages`: everything else, `node:*` included.
 * `files`: single files by their path from the repository's root.
 */
const BELOW_WIRE = ['wire', 'core', 'json']
const KEEPERS = ['objects', 'kv', 'isolate', 'telemetry']

export type ImportRule = {
  readonly folders: readonly string[]
  readonly packages?: readonly string[]
  readonly files?: readonly string[]
  /** What the linter says to who breaks it. */
  readonly why: string
}

export const FOLDER_RULES: Readonly<Record<string, ImportRule>> = {
  json: { folders: [], why: 'json is text and bytes: it imports nothing' },
  core: {
    folders: ['json'],
    why: 'core decides and does no I/O: it may import json; what it needs from outside comes in as an argument',
  },
  'core/config': {
    folders: ['json'],
    packages: ['zod/mini'],
    why: 'core/config decides and does no I/O: it may import json and zod/mini; the rest comes in as an argument',
  },
  wire: {
    folders: ['core', 'json'],
    packages: ['zod/mini'],
    why: 'wire is what clients speak: it may import core, json and zod/mini; move a decision to core, a call to gateway',
  },
  kv: {
    folders: BELOW_WIRE,
    packages: ['zod/mini'],
    why: 'kv keeps: it may import wire, core, json and zod/mini; let gateway bring it together with the rest',
  },
  objects: {
    folders: BELOW_WIRE,
    packages: ['cloudflare:workers'],
    files: ['src/platform.ts'],
    why: 'objects is a thin shell over core: it may import wire, core, json, platform.ts and cloudflare:workers',
  },
  isolate: {
    folders: BELOW_WIRE,
    why: 'isolate remembers plain data: it may import wire, core and json; let gateway bring it together with the rest',
  },
  telemetry: {
    folders: BELOW_WIRE,
    why: 'telemetry writes records out: it may import wire, core and json; let gateway bring it together with the rest',
  },
  huggingface: {
    folders: BELOW_WIRE,
    why: 'huggingface is the upstream: it may import wire, core and json; one answer on its way belongs to stream',
  },
  stream: {
    folders: ['huggingface', ...KEEPERS, ...BELOW_WIRE],
    packages: ['eventsource-parser'],
    why: 'stream may import huggingface, objects, kv, isolate, telemetry, wire, core, json and eventsource-parser; gateway calls it',
  },
  gateway: {
    folders: ['stream', 'huggingface', ...KEEPERS, ...BELOW_WIRE],
    why: 'gateway may import everything below it; what needs Hono or makes a Response lives in http',
  },
  http: {
    folders: ['gateway', ...BELOW_WIRE],
    packages: ['hono', 'hono/**'],
    files: ['schema/config.json', 'openapi.json'],
    why: 'http may import gateway, wire, core, json and hono: a route parses, calls one verb of gateway, and answers',
  },
  console: {
    folders: BELOW_WIRE,
    packages: ['preact', 'preact/**', 'uplot', 'uplot/**'],
    why: 'console runs in a browser: it may import preact, uplot and the types of wire and core; it talks to /admin and /v1',
  },
  cli: {
    folders: [...BELOW_WIRE, 'simulator'],
    packages: ['node:*', 'node:*/**', '@clack/prompts', 'eventsource-parser', 'toml-eslint-parser'],
    why: 'cli may import wire, core, json, simulator, node:* and its few packages; it talks to a Worker over HTTP and does not run one',
  },
  simulator: {
    folders: [],
    packages: ['node:*', 'node:*/**'],
    why: 'simulator stands alone, so that it cannot share a mistake with the Worker: it may import node:* only',
  },
}

const WORKER_FOLDERS = ['http', 'gateway', 'stream', 'huggingface', ...KEEPERS, ...BELOW_WIRE]

/** The files that stand beside the folders. */
export const ROOT_RULES: Readonly<Record<string, ImportRule>> = {
  'worker.ts': {
    folders: ['http', 'gateway', 'objects', 'core'],
    files: ['src/compose.ts', 'src/platform.ts', 'src/settings.ts'],
    why: 'worker.ts is the entry: it may import compose, platform, settings and what it exports',
  },
  'compose.ts': {
    folders: WORKER_FOLDERS,
    files: ['src/platform.ts', 'src/settings.ts'],
    why: 'compose.ts puts the folders of the Worker together: everything but cli, console and simulator, and no package',
  },
  'platform.ts': {
    folders: ['core'],
    why: 'platform.ts names the clock, chance, fetch and console: it may import core',
  },
  'settings.ts': { folders: ['core', 'json'], why: 'settings.ts reads env: it may import core and json' },
}
