import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { once } from '../../src/core/once.ts'

test('it is made when it is first asked for, and never again, also where it is nothing', () => {
  let made = 0
  const nothing = once(() => {
    made++
  })
  expect(made).toBe(0)
  nothing()
  expect(nothing()).toBeUndefined()
  expect(made).toBe(1)
})

// The first schema of an isolate costs several milliseconds, and most isolates start for one request.
test('what a request loads makes no schema before a document is checked', () => {
  const eager = globSync(['src/core/**/*.ts', 'src/kv/**/*.ts']).filter((path) =>
    /^(?:export )?const \w+ = (?:z\b|\{[^}]*\bz\.)/m.test(readFileSync(path, 'utf8')),
  )
  expect(eager).toEqual([])
})
