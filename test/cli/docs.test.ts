import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import JSON5 from 'json5'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDocument } from '../../src/cli/config/check-document.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { environmentOf, MAIN, makeProject, playNpx, ROOT, type TestProject } from './support/hugway.ts'

const PAGES = ['onboarding', 'configuration', 'model-refs', 'routing', 'teams', 'clients', 'operations', 'self-hosting']
const LOCAL = 'http://127.0.0.1:8787'
const KEYS = { apiKey: 'hugway-local-docs-key', adminToken: 'hugway-admin-docs-token' }

type Block = { readonly language: string; readonly text: string; readonly line: number }

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, 'docs', `${page}.md`), 'utf8')
  return [...text.matchAll(/^```(\S+(?: \S+)?)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }))
}

let router: Simulator
let worker: Gateway
let project: TestProject
beforeAll(async () => {
  router = await startSimulator({ tokenDelayMs: 0 })
  const settings = { HUGWAY_API_KEY: KEYS.apiKey, HUGWAY_ADMIN_TOKEN: KEYS.adminToken }
  worker = await startGateway({ upstreamUrl: router.url, settings })
  project = makeProject()
  project.setCloud({ url: worker.url })
  mkdirSync(project.path('.wrangler/hugway'), { recursive: true })
  project.write('.wrangler/hugway/local-keys.json', JSON.stringify(KEYS))
  mkdirSync(project.path('.hugway/deployments'), { recursive: true })
  project.write('.hugway/deployments/acme.json', JSON.stringify({ team: 'acme', ...KEYS }))
  project.write('hugway.json5', '// ours\n{ hugway: { holdMs: 1000 } }\n')
  project.write('openclaw.json', '{ agents: { defaults: { model: "huggingface/Qwen/Qwen3-8B" } } }')
  symlinkSync(join(ROOT, 'node_modules'), project.path('node_modules'))
  mkdirSync(project.path('bin'))
  writeFileSync(project.path('bin/npm'), NPM)
  chmodSync(project.path('bin/npm'), 0o755)
})
afterAll(async () => {
  await worker.close()
  await router.close()
  project.remove()
})

/** What `npm start` starts runs already; `npm run hugway` runs it from here. Anything else is not in the docs. */
const NPM = `#!/bin/sh
[ "$1" = start ] && exit 0
[ "$1" = run ] && shift
[ "$1" = -s ] && shift
[ "$1" = hugway ] && [ "$2" = -- ] || { echo "not played: npm $*" >&2; exit 9; }
shift 2
exec "${process.execPath}" "${MAIN}" "$@"
`

function run(file: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const own = {
    HUGWAY_URL: worker.url,
    HUGWAY_API_KEY: KEYS.apiKey,
    HF_TOKEN: 'hf_docs',
    HF_BASE_URL: router.url,
    PATH: playNpx(project),
  }
  const options = { cwd: project.root, env: environmentOf(project.environment(own)), timeout: 50_000 }
  return new Promise((resolve) => {
    execFile(file, args, options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err })
    })
  })
}

const here = (text: string) => text.replaceAll(LOCAL, worker.url)

const RUNNERS: Readonly<Record<string, (text: string) => Promise<void> | void>> = {
  async sh(text) {
    const { code, out, err } = await run('sh', ['-euc', here(text)])
    expect(code, `${text}\n${out}\n${err}`).toBe(0)
    expect(out).not.toContain('"error"')
  },
  async js(text) {
    project.write('snippet.mjs', here(text))
    const { code, out, err } = await run(process.execPath, ['snippet.mjs'])
    expect(code, err).toBe(0)
    expect(out.length).toBeGreaterThan(5)
  },
  json5: (text) => expect(checkDocument(text)).toMatchObject({ ok: true }),
  async 'json5 openclaw'(text) {
    const { out } = await run('npm', ['run', 'hugway', '--', 'connect', 'openclaw'])
    const [written, printed] = [JSON5.parse(here(text)), JSON5.parse(out)]
    const rowOf = ({ models }: typeof written) => models.providers.litellm.models[0]
    expect(Object.keys(rowOf(written))).toEqual(Object.keys(rowOf(printed)))
    expect({ ...written.models.providers.litellm, models: [] }).toEqual({
      ...printed.models.providers.litellm,
      models: [],
    })
  },
  // What is printed has comments besides; every line that the page shows must be one of it.
  'toml codex': (text) => expectPrinted('codex', text),
  'sh claude-code': (text) => expectPrinted('claude-code', text),
  toml: (text) => expect(project.read('wrangler.toml')).toContain(text),
  text: () => {},
  // What needs an account or a container engine: at least these are commands and flags that there are.
  'sh docker': (text) => expect(text).toMatch(/^(?:docker (?:build|run|exec) .+\n)+$/),
  async 'sh cloudflare'(text) {
    for (const line of text.trim().split('\n')) {
      if (/^(?:git pull|npm ci|npm run hugway -- deploy .+)$/.test(line)) continue
      const [, command = '', flags = ''] = /^npx wrangler ((?:[a-z]+ ?)+?)( ?(?:-|[A-Z]).*)?$/.exec(line) ?? []
      const { out } = await run(process.execPath, [
        join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
        ...command.trim().split(' '),
        '--help',
      ])
      expect(out, line).toContain(`wrangler ${command.trim()}`)
      for (const [flag] of flags.matchAll(/--[a-z-]+/g)) expect(out, line).toContain(flag)
    }
  },
}

async function expectPrinted(client: string, text: string): Promise<void> {
  const { out } = await run('npm', ['run', '-s', 'hugway', '--', 'connect', client])
  const linesOf = (block: string) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  // Which model is the default, and how much it holds, is what the pages before left.
  const shapeOf = (line: string) => line.replace(/huggingface\/[^"']+/, 'REF').replace(/= \d+$/, '= N')
  expect(linesOf(here(text)).map(shapeOf)).toEqual(linesOf(out).map(shapeOf))
}

describe.each(PAGES)('%s.md, followed literally', (page) => {
  const blocks = blocksOf(page)
  test.each(blocks.map((block) => [block.line, block.language, block] as const))(
    'line %d (%s)',
    async (_line, language, block) => {
      // What asks questions is tested in a terminal of its own; here only that it is what it was.
      if (language === 'sh interactive')
        return expect(block.text).toMatch(
          /^(HF_TOKEN=hf_\.\.\. )?npm (run hugway -- (onboard|config edit)|start -- .+|run serve -- .+)\n$/,
        )
      const runner = RUNNERS[language]
      if (!runner) throw new Error(`nobody runs ${language}`)
      return runner(block.text)
    },
  )
})

test('every key of the schema stands in configuration.md, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key = '']) => key).filter((key) => key !== 'key')
  const schema: Schema = JSON.parse(readFileSync(join(ROOT, 'schema/config.json'), 'utf8'))
  const known = leavesOf(schema, '')
  expect(documented.toSorted()).toEqual([...known, 'agents.defaults.model'].toSorted())
})

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Every path at which a value stands, as the page writes it. */
function leavesOf(schema: Schema, path: string): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`
    return leavesOf(inner, at)
  })
  const extra = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  const named = extra.properties ? leavesOf(extra, `${path}["<ref>"]`) : []
  const items = schema.items?.properties ? [path, ...leavesOf(schema.items, `${path}[]`)] : []
  const either = (schema.anyOf ?? []).flatMap((one) => (one.properties ? leavesOf(one, path) : []))
  const all = [...own, ...named, ...items, ...either]
  // A model's or a project's own are one row: their keys stand once, where they are general.
  const isOwn = /\["<ref>"\]\.(?:timeouts|routing)$/.test(path)
  return all.length > 0 && !isOwn ? [...new Set(all)] : [path]
}
