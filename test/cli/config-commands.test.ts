import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hugway, makeProject, type TestProject } from './support/hugway.ts'

let project: TestProject
beforeEach(() => {
  project = makeProject()
})
afterEach(() => project.remove())

const GOOD = '// ours\n{\n  hugway: { holdMs: 5000 }, // five seconds\n}\n'

describe('a slip is one line with the nearest known word, and exit code 2', () => {
  test.each<[args: readonly string[], line: RegExp]>([
    [['confg'], /unknown command "confg"; did you mean config\?/],
    [['config', 'gett'], /unknown command "config gett"; did you mean config get\?/],
    [['config', 'get', '--fiel', 'x'], /unknown flag "--fiel"; did you mean --file\?/],
    [['onboard', '--non-interactiv'], /did you mean --non-interactive\?/],
    [['config', 'set', 'a'], /needs VALUE/],
    [['config', 'get', '--file'], /--file takes a value \(FILE\)/],
    [['config', 'validate', 'a', 'b'], /does not take "b"/],
    [['config', 'set', 'a..b', '1'], /"a..b" is not a path/],
    [['connect', 'openclw'], /unknown client "openclw"; did you mean openclaw\?/],
    [['deploy', '--team', 'No Good'], /--team takes a name of small letters/],
    [['config', 'get', '--url', 'ftp://x'], /--url takes the address of a Worker/],
    [
      ['config', 'get', '--url', 'https://x.example'],
      /No admin token of https:\/\/x\.example is known here: put it into HUGWAY_ADMIN_TOKEN\n/,
    ],
  ])('%j', async (args, line) => {
    const { code, out, err } = await project.hugway(args)
    expect(err).toMatch(line)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

test('help is there for everything', async () => {
  const overview = await hugway(['--help'], {})
  expect(overview.code).toBe(0)
  const commands = [...overview.out.matchAll(/^ {2}npx hugway ((?:config |keys |projects )?[a-z]+)/gm)].map(
    ([, name]) => name ?? '',
  )
  expect(commands.length).toBeGreaterThanOrEqual(17)
  const helps = await Promise.all(commands.slice(0, 6).map((name) => hugway([...name.split(' '), '--help'], {})))
  for (const [index, { code, out }] of helps.entries()) {
    expect(code).toBe(0)
    expect(out).toContain(`Usage: npx hugway ${commands[index]}`)
  }
  expect((await hugway(['keys'], {})).code).toBe(2)
})

test('validate runs anywhere, and says where each problem is', async () => {
  project.write('good.json5', GOOD)
  project.write('bad.json5', '{\n  hugway: { holdMS: 1 },\n}\n')
  const [good, bad, json, stdin, gone] = await Promise.all([
    project.hugway(['config', 'validate', 'good.json5']),
    project.hugway(['config', 'validate', 'bad.json5']),
    project.hugway(['config', 'validate', '--json', 'bad.json5']),
    project.hugway(['config', 'validate', '-'], {}, '{'),
    project.hugway(['config', 'validate', 'gone.json5']),
  ])
  expect(good).toEqual({ code: 0, out: 'good.json5: good\n', err: '' })
  expect(bad.out).toBe('bad.json5:2:13: hugway.holdMS: unknown key; did you mean "holdMs"?\n')
  expect(bad.code).toBe(1)
  const problem = { path: 'hugway.holdMS', message: 'unknown key; did you mean "holdMs"?', line: 2, column: 13 }
  expect(JSON.parse(json.out)).toEqual({ valid: false, problems: [problem], warnings: [] })
  expect(stdin.out).toMatch(/^\(stdin\):1:2: /)
  const long = await project.hugway(
    ['config', 'validate', '-'],
    {},
    '{ agents: { defaults: { model: { fallbacks: ["a/1", "a/2"] } } }, hugway: { maxUpstreamCalls: 2 } }',
  )
  expect(long).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^\(stdin\):1:\d+: agents\.defaults\.model\.fallbacks: the chain has 3 targets.*\n\(stdin\): good\n$/,
    ),
  })
  expect(gone.err).toBe('hugway: gone.json5 cannot be read: ENOENT: no such file or directory\n')
})

describe('a file', () => {
  test('is edited as text, and written only when all of it is good', async () => {
    project.write('hugway.json5', GOOD)
    chmodSync(project.path('hugway.json5'), 0o640)
    symlinkSync(project.path('hugway.json5'), project.path('link.json5'))
    const set = await project.hugway(['config', 'set', 'hugway.holdMs', '10', '--file', 'link.json5'])
    expect(set.err).toContain('~ hugway.holdMs: 5000 -> 10')
    expect(project.read('hugway.json5')).toBe(GOOD.replace('5000', '10'))
    expect(statSync(project.path('hugway.json5')).mode & 0o777).toBe(0o640)
    expect(lstatSync(project.path('link.json5')).isSymbolicLink()).toBe(true)
    const bad = await project.hugway(['config', 'set', 'hugway.holdMs', '-1', '--file', 'hugway.json5'])
    expect(bad).toMatchObject({ code: 1, out: '' })
    expect(bad.err).toContain('nothing was written')
    const dry = await project.hugway(['config', 'set', 'hugway.holdMs', '7', '--dry-run', '--file', 'hugway.json5'])
    expect(dry.err).toContain('Would change the file hugway.json5')
    const get = await project.hugway(['config', 'get', 'hugway', '--file', 'hugway.json5'])
    expect(JSON.parse(get.out)).toEqual({ holdMs: 10 })
    const missing = await project.hugway(['config', 'get', 'hugway.cors', '--file', 'hugway.json5'])
    expect(missing).toMatchObject({ code: 1, out: '' })
  })

  test('that cannot be written is one line', async () => {
    mkdirSync(project.path('directory.json'))
    const { code, err } = await project.hugway(['config', 'set', 'hugway.holdMs', '1', '--file', 'directory.json'])
    expect(code).toBe(1)
    expect(err).toMatch(/^hugway: EISDIR: .*\n$/)
  })

  test('has no history, and says who has', async () => {
    const { code, err } = await project.hugway(['config', 'history', '--file', 'x.json5'])
    expect(code).toBe(2)
    expect(err).toContain('a running Worker keeps one')
  })

  test('is compared with another one', async () => {
    project.write('a.json5', GOOD)
    project.write('b.json5', '{ hugway: { holdMs: 6000 } }')
    const { out } = await project.hugway(['config', 'diff', 'b.json5', '--file', 'a.json5'])
    expect(out).toBe('~ hugway.holdMs: 5000 -> 6000\n')
  })

  test('takes in an openclaw.json, twice the same', async () => {
    const openclaw = { gateway: {}, agents: { defaults: { model: 'huggingface/Qwen/Qwen3-8B' } } }
    project.write('openclaw.json', JSON.stringify(openclaw))
    const first = await project.hugway(['config', 'import', 'openclaw.json', '--file', 'new.json'])
    expect(first.out).toBe('left out gateway: does not concern this gateway\n')
    const written = project.read('new.json')
    expect(JSON.parse(written)).toEqual({ agents: openclaw.agents })
    const again = await project.hugway(['config', 'import', 'openclaw.json', '--file', 'new.json', '--json'])
    expect(JSON.parse(again.out)).toMatchObject({ changed: false, dropped: [{ path: 'gateway' }] })
    expect(project.read('new.json')).toBe(written)
  })
})

describe('edit', () => {
  const edit = (editor: string) =>
    project.hugway(['config', 'edit', '--file', 'hugway.json5'], { EDITOR: editor, VISUAL: '' })

  test('writes what the editor left, and loses nothing that is bad', async () => {
    project.write('hugway.json5', GOOD)
    expect((await edit('sed -i.bak s/5000/6000/')).code).toBe(0)
    expect(project.read('hugway.json5')).toBe(GOOD.replace('5000', '6000'))
    const bad = await edit('sed -i.bak s/holdMs/holdMS/')
    expect(bad.code).toBe(1)
    const [, kept = ''] = /Your text is in (\S+)/.exec(bad.err) ?? []
    expect(kept).not.toBe('')
    expect(project.read('hugway.json5')).toContain('holdMs: 6000')
    expect((await edit('false #')).err).toContain('Nothing was written')
    expect((await edit('')).code).toBe(2)
  })
})

test('without a Worker the local KV is read and written by wrangler', async () => {
  const args = ['--url', ''] // an empty value counts as not given
  const first = await project.hugway(['config', 'get', ...args], { HUGWAY_ADMIN_TOKEN: '' })
  expect(first.out).toBe('{}\n')
  await project.hugway(['config', 'set', 'hugway.holdMs', '7'])
  expect(project.cloud().kv['local']).toBe('{\n  "hugway": {\n    "holdMs": 7\n  }\n}\n')
  expect(project.cloud().calls.at(-1)?.args.join(' ')).toContain('--local --persist-to')
})
