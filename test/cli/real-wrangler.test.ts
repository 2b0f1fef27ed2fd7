import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addTomlDeployment } from '../../src/cli/wrangler/wrangler-toml.ts'
import { environmentOf, makeProject, ROOT, type TestProject } from './support/hugway.ts'

/** The stand-in is only as good as what it plays: here is wrangler itself, as far as it goes without Cloudflare. */
let project: TestProject
beforeAll(() => {
  project = makeProject()
  for (const name of ['src', 'node_modules', 'tsconfig.json', 'scripts', 'assets', 'schema', 'openapi.json'])
    symlinkSync(join(ROOT, name), project.path(name))
})
afterAll(() => project.remove())

test('the local KV is empty, is written, and is read again', async () => {
  const real = { HUGWAY_WRANGLER: '' }
  expect(await project.hugway(['config', 'get'], real)).toMatchObject({ code: 0, out: '{}\n' })
  const set = await project.hugway(['config', 'set', 'hugway.holdMs', '7'], real)
  expect(set.code, set.err).toBe(0)
  expect(await project.hugway(['config', 'get', 'hugway.holdMs'], real)).toMatchObject({ code: 0, out: '7\n' })
})

test('the section of a team is one that it takes', async () => {
  const id = 'abcdef12'.repeat(4)
  project.write('wrangler.toml', addTomlDeployment(project.read('wrangler.toml'), 'acme', 'hugway-acme', id))
  const args = [
    join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
    'deploy',
    '--dry-run',
    '--env',
    'acme',
    '--keep-vars',
  ]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: project.root,
    env: environmentOf({ WRANGLER_SEND_METRICS: 'false' }),
  })
  expect(stdout).toContain(id)
  expect(stderr).not.toMatch(/warning|unexpected/i)
})
