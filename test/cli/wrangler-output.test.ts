import { expect, test } from 'vitest'
import { createLineFilter } from '../../src/cli/wrangler/wrangler-output.ts'

const filter = (text: string) => text.split('\n').flatMap(createLineFilter())

const CF = `[wrangler:warn] Unable to fetch the \`Request.cf\` object! Falling back to a default placeholder...
Error: getaddrinfo ENOTFOUND workers.cloudflare.com
    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:123:26)`
const TABLE = `Your Worker has access to the following bindings:
Binding                                  Resource                  Mode
env.HUGWAY_API_KEY ("(hidden)")          Environment Variable      local
`
const SCHEDULED = `\x1b[33m▲ \x1b[43;33m[\x1b[43;30mWARNING\x1b[43;33m]\x1b[0m \x1b[1mScheduled Workers are not automatically triggered during local development.\x1b[0m

  To manually trigger a scheduled event, run:
    curl "http://localhost:8787/cdn-cgi/local/scheduled"
  For more details, see https://developers.cloudflare.com/

`
const BUILD = `\x1b[31m✘ [ERROR] Build failed with 1 error:\x1b[0m

  ✘ [ERROR] Unexpected ";"

      src/worker.ts:82:10:`

test.each<[title: string, text: string]>([
  ['the banner', ' ⛅️ wrangler 4.155.0 (update available 4.164.0)\n───────────────────'],
  ['the offline error about Request.cf', CF],
  ['the same, twice', `${CF}\n${CF}`],
  ['the table of bindings', TABLE],
  ['where the secrets come from', 'Using secrets defined in .wrangler/hugway/vars-8787.env'],
  ['progress', '⎔ Starting local server...\n[wrangler:info] Ready on http://localhost:8787'],
  ['the warning about cron triggers', SCHEDULED],
  ['where the log was written', '🪵  Logs were written to "/home/me/.config/.wrangler/logs/x.log"'],
  [
    'that the console is built',
    '[custom build] Running: node scripts/build-console.mjs\n✨ Parsed 2 valid header rules.',
  ],
  ['checks of health', '[wrangler:info] GET /health 200 OK (21ms)'],
])('drops %s', (_title, text) => {
  expect(filter(text)).toEqual([])
})

test.each<[title: string, text: string, expected: string]>([
  ['an error of the build, whole and in colour', BUILD, BUILD],
  ['a console that does not build', '[custom build] Error: no such file', '[custom build] Error: no such file'],
  ['a log line of the Worker', '{"event":"x","reason":"y"}', '{"event":"x","reason":"y"}'],
  ['a request, without the prefix', '[wrangler:info] POST /v1/x 200 OK (9ms)', 'POST /v1/x 200 OK (9ms)'],
  ['what comes after a block of noise', `${SCHEDULED}{"event":"x"}`, '{"event":"x"}'],
  ['what comes after the table', `${TABLE}\nError: boom\n    at x`, 'Error: boom\n    at x'],
  ['what comes after the error about Request.cf', `${CF}\n{"event":"x"}`, '{"event":"x"}'],
  ['an exception', 'Uncaught TypeError: x\n    at worker.js:1:2', 'Uncaught TypeError: x\n    at worker.js:1:2'],
])('passes on %s', (_title, text, expected) => {
  expect(filter(text).join('\n')).toBe(expected)
})
