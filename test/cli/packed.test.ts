import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { environmentOf, ROOT } from './support/hugway.ts'

const run = promisify(execFile)

test('what is packed runs as JavaScript under node_modules, far from a checkout', async () => {
  const root = mkdtempSync(join(tmpdir(), 'hugway-packed-'))
  try {
    const { scripts, files, dependencies }: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const [, ...prepack] = scripts['prepack']?.split(' ') ?? []
    const home = join(root, 'node_modules/hugway')
    await run(process.execPath, [...prepack.slice(1), '--outDir', join(home, 'dist/npm')], { cwd: ROOT })
    for (const file of files.filter((name) => name.startsWith('scripts/'))) {
      mkdirSync(join(home, 'scripts'), { recursive: true })
      cpSync(join(ROOT, file), join(home, file))
    }
    cpSync(join(ROOT, 'package.json'), join(home, 'package.json'))
    // Only what the package depends on is there, and what that depends on.
    for (const name of [...Object.keys(dependencies), '@clack/core', ...OF_CLACK]) {
      mkdirSync(join(root, 'node_modules', name, '..'), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
    }
    writeFileSync(join(root, 'x.json5'), '{ hugway: { holdMs: 1 } }')
    const hugway = (...args: string[]) =>
      run(process.execPath, [join(home, 'scripts/hugway.mjs'), ...args], { cwd: root, env: environmentOf() })
    expect((await hugway('config', 'validate', 'x.json5')).stdout).toBe('x.json5: good\n')
    await expect(hugway('deploy', '--dry-run')).rejects.toMatchObject({ code: 1, stderr: /needs a checkout of hugway/ })
    expect(readdirSync(home).toSorted()).toEqual(['dist', 'package.json', 'scripts'])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

type Manifest = {
  readonly scripts: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly dependencies: Readonly<Record<string, string>>
}

const OF_CLACK = ['fast-string-truncated-width', 'fast-string-width', 'fast-wrap-ansi', 'sisteransi']
