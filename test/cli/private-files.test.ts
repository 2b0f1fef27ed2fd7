import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { unstable_getVarsForDev as readAsWrangler } from 'wrangler'
import { formatVars, readOrMakeKeys, writePrivately } from '../../src/cli/files/private-files.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hugway-files-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
const permissions = (path: string) => statSync(path).mode & 0o777

function roundTrip(vars: Record<string, string>): Record<string, unknown> {
  const path = join(scratch, 'vars.env')
  writePrivately(path, formatVars(vars))
  const read = readAsWrangler(join(scratch, 'wrangler.toml'), [path], {}, undefined, true)
  return Object.fromEntries(Object.entries(read).map(([name, { value }]) => [name, value]))
}

test.each([
  ['plain', 'hf_abc'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dotenv would expand it, and must not
  ['a reference to another variable', '${HF_BILL_TO}$HOME'],
  ['a hash and spaces', 'a # b'],
  ['an apostrophe', "it's"],
  ['two kinds of quotes', "a'b`c"],
  ['backslashes', 'a\\nb\\$c\\'],
  ['two lines', 'a\nb'],
])('wrangler reads a value as it was: %s', (_title, value) => {
  expect(roundTrip({ HF_TOKEN: value, HF_BILL_TO: 'org' })).toEqual({ HF_TOKEN: value, HF_BILL_TO: 'org' })
})

test('wrangler reads every value that a header can carry as it was, unless it is refused', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((text) => /^[\x21-\x7e]+$/.test(text)),
      (value) => {
        fc.pre(!['"', "'", '`'].every((mark) => value.includes(mark)) && !/'.*`|`.*'/.test(value))
        expect(roundTrip({ HF_TOKEN: value })).toEqual({ HF_TOKEN: value })
      },
    ),
  )
})

test('a value that an env file cannot carry is refused by name, without the value', () => {
  expect(() => formatVars({ HF_TOKEN: 'a"b\'c`d' })).toThrow(/^HF_TOKEN holds a mix of quotes/)
})

test('keys are made once and only their owner may read them', () => {
  const path = join(scratch, 'deep', 'keys.json')
  const made = readOrMakeKeys(path)
  expect(readOrMakeKeys(path)).toEqual(made)
  expect(made.apiKey).not.toBe(made.adminToken)
  expect(permissions(path)).toBe(0o600)
})

test.each([
  ['cut short', '{"apiKey":"hugway-lo'],
  ['unsafe in a shell', '{"apiKey":"$(touch /tmp/x)--------","adminToken":"hugway-admin-1234567890"}'],
])('keys that are %s are made anew, in a file that is private again', (_title, text) => {
  const path = join(scratch, 'broken.json')
  writeFileSync(path, text)
  chmodSync(path, 0o644)
  expect(JSON.parse(readFileSync(path, 'utf8').replace(/^.*$/s, JSON.stringify(readOrMakeKeys(path))))).toMatchObject({
    apiKey: expect.stringMatching(/^hugway-local-/),
  })
  expect(permissions(path)).toBe(0o600)
})
