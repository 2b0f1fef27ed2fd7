import { expect, test } from 'vitest'
import { parseSimulate } from '../../src/simulator/parse-simulate.ts'

const FAULT = { fault: 'cut', moment: 'after_finish' }

test.each<[what: string, value: unknown, faults: unknown]>([
  ['nothing', undefined, undefined],
  ['one fault', FAULT, [FAULT]],
  ['a list', [FAULT, { fault: 'crlf' }], [FAULT, { fault: 'crlf' }]],
  ['a map that names the model', { 'a/b:fastest': FAULT }, [FAULT]],
  ['a map of lists', { 'a/b:fastest': [FAULT] }, [FAULT]],
  ['a map that names another suffix', { 'a/b': FAULT }, undefined],
  ['a map with null', { 'a/b:fastest': null }, undefined],
])('%s is read', (_what, value, faults) => {
  expect(parseSimulate(value, 'a/b:fastest')).toEqual({ ok: true, faults })
})

test.each<[what: string, value: unknown, says: string]>([
  ['a string', 'reset', 'a fault is an object'],
  ['an unknown fault', { fault: 'nope' }, 'unknown fault "nope"'],
  ['an unknown moment', { fault: 'cut', moment: 'late' }, 'unknown moment "late"'],
  ['a moment where there is none', { fault: 'html', moment: 'after_finish' }, 'has no moment'],
  ['a foreign parameter', { fault: 'cut', status: 3 }, 'has no parameter "status"'],
  ['a status out of range', { fault: 'status', status: 99 }, 'from 200 to 599'],
  ['a wrong type', { fault: 'trickle', bytesPerSecond: '3' }, 'must be a number'],
  ['a bad fault for another model', { 'x/y': { fault: 'nope' } }, 'simulate["x/y"]'],
  ['two endings', [{ fault: 'cut' }, { fault: 'reset' }], 'only one fault'],
  ['a key that is no model', { reset: true }, 'neither "fault" nor a model id'],
])('%s is refused with the accepted forms', (_what, value, says) => {
  const result = parseSimulate(value, 'a/b')
  const message = result.ok ? '' : result.message
  expect(message).toContain(says)
  expect(message).toContain('before_headers, headers_only')
  expect(message).toContain('tool_call_without_index')
})
