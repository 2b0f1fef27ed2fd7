import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/commands.ts'
import { whatSumsLack } from '../../src/cli/commands/usage.ts'
import { checkClock } from '../../src/cli/doctor/doctor-router.ts'
import { type CommandSpec, formatHelp, parseArguments } from '../../src/cli/flags.ts'
import { parseLifetime } from '../../src/cli/lifetime.ts'
import { hasEveryWord } from '../../src/cli/prompts.ts'
import { setDevVar } from '../../src/cli/settings/dev-vars.ts'
import { cheapestModel, judgeToken } from '../../src/cli/worker/router-access.ts'
import { addTomlDeployment, addTomlFlag, readTomlDeployment } from '../../src/cli/wrangler/wrangler-toml.ts'
import { SIMULATED_MODELS } from '../../src/simulator/models.ts'

describe('.dev.vars', () => {
  test.each<[what: string, before: string, after: string]>([
    ['a new file', '', 'HF_TOKEN=hf_1\n'],
    ['a line at the end', '# mine\nA=1', '# mine\nA=1\nHF_TOKEN=hf_1\n'],
    ['the line that is there', 'HF_TOKEN="hf_0" # old\nA=1\n', 'HF_TOKEN=hf_1\nA=1\n'],
    ['an exported line', 'export HF_TOKEN=hf_0\n', 'HF_TOKEN=hf_1\n'],
    ['the last of two, which counts', 'HF_TOKEN=a\nHF_TOKEN=b\n', 'HF_TOKEN=a\nHF_TOKEN=hf_1\n'],
    ['not the comment of the example', '# HF_TOKEN=hf_...\n', '# HF_TOKEN=hf_...\nHF_TOKEN=hf_1\n'],
  ])('gets %s', (_what, before, after) => expect(setDevVar(before, 'HF_TOKEN', 'hf_1')).toBe(after))

  test.each([
    ['a value over several lines', 'HF_TOKEN="a\nb"\nC=1\n', 'hf_1'],
    ['a quote that has no end', '', "it's"],
  ])('is left alone where %s would be lost', (_what, before, value) => {
    expect(() => setDevVar(before, 'HF_TOKEN', value)).toThrow('set HF_TOKEN there by hand')
  })
})

describe('wrangler.toml', () => {
  const TOP = 'name = "gate"\nmain = "x"\n\n[[kv_namespaces]]\nbinding = "HUGWAY_KV"\nid = "000"\n'
  const ID = 'a'.repeat(32)

  test('a team has nothing at first, then its section, then the same again', () => {
    expect(readTomlDeployment(TOP, 'acme', false)).toMatchObject({ workerName: 'gate-acme', hasSection: false })
    const once = addTomlDeployment(TOP, 'acme', 'gate-acme', ID)
    expect(once.startsWith(TOP)).toBe(true)
    expect(readTomlDeployment(once, 'acme', false)).toEqual({
      workerName: 'gate-acme',
      hasSection: true,
      namespaceId: ID,
      missing: [],
      vars: [],
    })
    expect(addTomlDeployment(once, 'acme', 'gate-acme', ID)).toBe(once)
    expect(readTomlDeployment(once, 'other', false).hasSection).toBe(false)
  })

  test('a section that a person wrote is completed, and keeps its name and comments', () => {
    const own = `${TOP}\n[env.acme] # ours\nname = "acme-llm"\nroutes = ["x/*"]\n\n# another\n[env.b]\nname = "b"\n`
    const edited = addTomlDeployment(own, 'acme', 'acme-llm', ID)
    expect(edited).toBe(`${own}\n[[env.acme.kv_namespaces]]\nbinding = "HUGWAY_KV"\nid = "${ID}"\n`)
    expect(readTomlDeployment(edited, 'acme', false)).toMatchObject({ workerName: 'acme-llm', namespaceId: ID })
  })

  test('an id of zeros is none, the one that is set for the Worker itself is taken over', () => {
    expect(readTomlDeployment(TOP, 'production', true)).toMatchObject({ workerName: 'gate', namespaceId: undefined })
    const set = TOP.replace('"000"', `"${ID}"`)
    expect(readTomlDeployment(set, 'production', true)).toMatchObject({ hasSection: false, namespaceId: ID })
    expect(readTomlDeployment(set, 'acme', false).namespaceId).toBeUndefined()
  })

  test('bindings in one line get another one there', () => {
    const inline = `${TOP}\n[env.acme]\nkv_namespaces = [\n  { binding = "X", id = "1" }, # ours\n]\n`
    const edited = addTomlDeployment(inline, 'acme', 'gate-acme', ID)
    expect(edited).toBe(inline.replace('"1" },', `"1" }, { binding = "HUGWAY_KV", id = "${ID}" },`))
  })

  test('a section that is written in one line is left alone, and what to add is said', () => {
    const inline = `${TOP}\n[env]\nacme = { name = "x" }\n`
    expect(() => addTomlDeployment(inline, 'acme', 'x', ID)).toThrow(
      `add kv_namespaces = [{ binding = "HUGWAY_KV", id = "${ID}" }]`,
    )
  })

  test('what looks like a header inside a text is none, and an id on the line of its comment is found', () => {
    const odd = `${TOP}note = """\n[env.acme]\nname = "no"\n"""\n[env.b]\n[[env.b.kv_namespaces]]\nid = "${ID}" # id = "x"\nbinding = 'HUGWAY_KV'\n`
    expect(readTomlDeployment(odd, 'acme', false)).toMatchObject({ workerName: 'gate-acme', hasSection: false })
    expect(readTomlDeployment(odd, 'b', false)).toMatchObject({ hasSection: true, namespaceId: ID })
  })

  test('a team gets every binding and var of the top, for wrangler inherits none of them, but not who pays', () => {
    const vars = '[vars]\nHF_BASE_URL = "https://x.example/v1"\nHF_BILL_TO = "ours"\nLIMITS = { rpm = 5 }\n'
    const full = `${TOP}\n[[durable_objects.bindings]]\nname = "HUGWAY_PROJECTS"\nclass_name = "ProjectLedger"\n\n${vars}`
    const edited = addTomlDeployment(full, 'acme', 'gate-acme', ID)
    expect(edited.slice(full.length)).toBe(`
# The deployment "acme", added by \`hugway deploy\`.
[env.acme]
name = "gate-acme"

[env.acme.vars]
HF_BASE_URL = "https://x.example/v1"

[env.acme.vars.LIMITS]
rpm = 5

[[env.acme.kv_namespaces]]
binding = "HUGWAY_KV"
id = "${ID}"

[[env.acme.durable_objects.bindings]]
name = "HUGWAY_PROJECTS"
class_name = "ProjectLedger"
`)
    const old = addTomlDeployment(TOP, 'acme', 'gate-acme', ID).replace(TOP, full)
    expect(readTomlDeployment(old, 'acme', false).missing).toEqual(['HF_BASE_URL', 'LIMITS', 'HUGWAY_PROJECTS'])
    const completed = addTomlDeployment(old, 'acme', 'gate-acme', ID)
    expect(readTomlDeployment(completed, 'acme', false)).toMatchObject({ missing: [], vars: ['HF_BASE_URL', 'LIMITS'] })
  })

  test('a compatibility flag is added to those that are there, or in a line of its own', () => {
    expect(addTomlFlag('compatibility_flags = [\n  "a", # why\n]\n', 'b')).toBe(
      'compatibility_flags = [\n  "a", "b", # why\n]\n',
    )
    expect(addTomlFlag(TOP, 'b')).toBe(TOP.replace('main = "x"', 'main = "x"\ncompatibility_flags = ["b"]'))
  })
})

describe('flags', () => {
  const SPEC: CommandSpec = {
    name: 'x',
    positionals: 'A [B]',
    summary: 'Does x.',
    flags: {
      on: { kind: 'switch', help: '' },
      one: { kind: 'text', help: '' },
      many: { kind: 'list', value: 'REF', help: 'some' },
    },
  }
  const parse = (...args: string[]) => {
    const parsed = parseArguments(SPEC, args)
    if (!parsed.ok) return parsed.error
    const { positionals, text, list, has } = parsed.value
    return { positionals, one: text('one'), many: list('many'), on: has('on') }
  }

  test.each<[args: readonly string[], expected: unknown]>([
    [['a', '--on', '--one', 'v', 'b'], { positionals: ['a', 'b'], one: 'v', many: [], on: true }],
    [['--many=1', 'a', '--many', '2'], { positionals: ['a'], one: undefined, many: ['1', '2'], on: false }],
    [['a', '--one', ''], { positionals: ['a'], one: undefined, many: [], on: false }],
    [['-1', '-'], { positionals: ['-1', '-'], one: undefined, many: [], on: false }],
    [['--', '--on'], { positionals: ['--on'], one: undefined, many: [], on: false }],
    [['a', '--one', '--on'], '--one takes a value (TEXT)'],
    [['a', '--on=1'], '--on takes no value'],
    [['a', '-o'], expect.stringContaining('unknown flag "--o"')],
    [['a', '--constructor'], expect.stringContaining('unknown flag')],
    [[], 'npx hugway x needs A (npx hugway x --help)'],
  ])('%j', (args, expected) => expect(parse(...args)).toEqual(expected))

  test('the help has every flag', () =>
    expect(formatHelp(SPEC)).toMatch(/--on .*\n.*--one TEXT .*\n.*--many REF \.\.\. {2}some/))
})

test.each([
  ['90d', '2026-04-01T00:00:00.000Z'],
  ['12h', '2026-01-01T12:00:00.000Z'],
  ['1w', '2026-01-08T00:00:00.000Z'],
  ['2026-02-01', '2026-02-01T00:00:00.000Z'],
  ['2025-12-31', undefined],
  ['0d', undefined],
  ['soon', undefined],
  ['99', undefined],
])('a lifetime of %s ends %s', (text, expected) => expect(parseLifetime(text, Date.UTC(2026, 0, 1))).toBe(expected))

test.each<[aheadS: number, level: string]>([
  [0, 'ok'],
  [59, 'ok'],
  [-61, 'warning'],
  [301, 'failure'],
])('a clock that is %d s off is %s', (aheadS, level) => {
  const there = Date.UTC(2026, 0, 1)
  expect(checkClock(new Date(there).toUTCString(), there + aheadS * 1000).level).toBe(level)
})

test.each<[status: number, kind: string]>([
  [200, 'good'],
  [400, 'good'],
  [404, 'good'],
  [401, 'bad'],
  [403, 'bad'],
  [402, 'no_credit'],
  [429, 'unknown'],
  [503, 'unknown'],
])('a token that gets %d is %s', (status, kind) => {
  expect(judgeToken({ status, headers: new Headers(), text: '', body: undefined }).kind).toBe(kind)
})

test('the token is tried on the cheapest model there is', () => {
  expect(cheapestModel(SIMULATED_MODELS)).toBe('meta-llama/Llama-3.1-8B-Instruct:cheapest')
  expect(cheapestModel([])).toBe('Qwen/Qwen3-8B')
})

describe('in a narrow terminal', () => {
  test.each([60, 80])('the help of every command is no wider than %d columns, and says everything', (columns) => {
    for (const { spec } of COMMANDS) {
      const help = formatHelp(spec, columns)
      // What is one word cannot be broken.
      const wide = help.split('\n').filter((line) => line.length > columns && line.trim().includes(' '))
      expect(wide, spec.name).toEqual([])
      expect(help.replace(/\s+/g, ' ')).toContain(spec.summary.replace(/\s+/g, ' '))
    }
  })
})

test('a search finds what has every word, wherever it stands', () => {
  const choice = {
    value: 'huggingface/deepseek-ai/DeepSeek-R1:cheapest',
    label: 'deepseek-ai / DeepSeek R1 (cheapest)',
  }
  expect(['r1 chea', 'CHEAPEST deepseek', '', 'seek-r1'].map((search) => hasEveryWord(search, choice))).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(hasEveryWord('r1 fast', choice)).toBe(false)
})

test('usage says what its sums are not', () => {
  expect(whatSumsLack({ total: { estimated: 0, unpriced: 0 }, unbooked: 0, unavailable: [] })).toEqual([])
  const report = { total: { estimated: 3, unpriced: 2 }, truncated: true, unbooked: 1, unavailable: ['research'] }
  const words = [
    /more rows/,
    /^3 .* estimated/,
    /^2 .* no known price/,
    /^1 .* not be booked/,
    /research did not answer/,
  ]
  expect(whatSumsLack(report)).toEqual(words.map((word) => expect.stringMatching(word)))
})
