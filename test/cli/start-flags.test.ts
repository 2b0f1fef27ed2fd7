import { expect, test } from 'vitest'
import { parseStartFlags, warnOfHost } from '../../src/cli/start/start-flags.ts'

test.each<[title: string, args: string[], expected: unknown]>([
  ['nothing means the default port', [], { do: 'serve', host: '127.0.0.1', port: 8787 }],
  ['--port 9000 is taken', ['--port', '9000'], { do: 'serve', host: '127.0.0.1', port: 9000 }],
  ['--port=65535 is taken', ['--port=65535'], { do: 'serve', host: '127.0.0.1', port: 65535 }],
  ['--host 0.0.0.0 is taken', ['--host', '0.0.0.0'], { do: 'serve', host: '0.0.0.0', port: 8787 }],
  ['--help goes before the rest', ['--port', 'x', '--help'], { do: 'help' }],
  ['-h is help', ['-h'], { do: 'help' }],
])('%s', (_title, args, expected) => {
  expect(parseStartFlags(args)).toEqual({ ok: true, value: expected })
})

test.each<[title: string, args: string[], named: string]>([
  ['an unknown flag', ['--prot', '9000'], "'--prot'"],
  ['an argument that is no flag', ['9000'], "'9000'"],
  ['a port without a number', ['--port'], '--port'],
  ['a port of 0', ['--port', '0'], '"0"'],
  ['a port over 65535', ['--port', '65536'], '"65536"'],
  ['a port in another notation', ['--port', '1e3'], '"1e3"'],
  ['an empty port', ['--port='], '""'],
])('%s is refused in one line', (_title, args, named) => {
  const parsed = parseStartFlags(args)
  expect(parsed.ok).toBe(false)
  expect(!parsed.ok && parsed.error).toContain(named)
  expect(!parsed.ok && parsed.error).not.toContain('\n')
})

test('an address that others can reach comes with a warning, one of this machine with none', () => {
  expect(['127.0.0.1', 'localhost', '::1'].map(warnOfHost)).toEqual([undefined, undefined, undefined])
  expect(warnOfHost('0.0.0.0')).toMatch(/Whoever can reach this machine can call it[\s\S]*unencrypted/)
})
