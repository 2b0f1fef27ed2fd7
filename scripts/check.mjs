/** What `npm test` runs, in order; the first failure ends it with its own exit code. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'hugway-check-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const report = join(scratch, 'vitest.json')

const TESTS = 'tests (vitest)'
const STEPS = [
  ['format, lint and import rules (biome)', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
  ['types (tsc)', ['scripts/types.mjs']],
  ['dead code (knip)', ['node_modules/knip/bin/knip.js']],
  [
    TESTS,
    ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ],
]

/** @returns {number} How many tests ran; the sum over all vitest projects is printed alone on a line. */
function printTotal() {
  if (!existsSync(report)) return 0
  const counts = JSON.parse(readFileSync(report, 'utf8'))
  const skipped = counts.numPendingTests + counts.numTodoTests
  const tail = skipped > 0 ? `, ${skipped} skipped` : ''
  console.log(`${counts.numPassedTests} passed, ${counts.numFailedTests} failed${tail}`)
  return counts.numPassedTests + counts.numFailedTests
}

/** The console's tests drive a real browser; elsewhere than here nobody may be without one. */
const BROWSERS = [
  process.env.HUGWAY_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const NO_BROWSER =
  '!! SKIPPED: the tests of the console, for there is no Chromium here. `apt-get install chromium`, or set HUGWAY_CHROMIUM to the path of one.'

for (const [title, args] of STEPS) {
  console.log(`== ${title}`)
  const code = await run(process.execPath, args)
  if (title === TESTS && printTotal() === 0) {
    console.error('no test ran')
    process.exit(code || 1)
  }
  if (code !== 0) process.exit(code)
}
if (!BROWSERS.some((path) => path !== '' && existsSync(path))) console.error(NO_BROWSER)
