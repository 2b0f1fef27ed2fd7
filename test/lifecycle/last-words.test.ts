import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../support/build-bundle.ts'
import { openChat } from '../support/raw-client.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

const CLIENTS = 30
const bundle = mkdtempSync(join(tmpdir(), 'hugway-timeless-'))
let gateway: Gateway

beforeAll(async () => {
  const entry = join(bundle, 'entry.js')
  const worker = join(ROOT, 'test', 'stream', 'support', 'timeless-worker.ts')
  writeFileSync(entry, `export { timeless as default } from ${JSON.stringify(worker)}`)
  const lib = { entry, formats: ['es' as const], fileName: 'worker' }
  await build({
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    build: { lib, outDir: bundle, emptyOutDir: false },
  })
  gateway = await startGateway({ upstreamUrl: 'http://nx.invalid/v1', bundle, hasLedger: false })
})

afterAll(async () => {
  await gateway?.close()
  rmSync(bundle, { recursive: true, force: true })
})

test.each([
  ['with the first word', 0],
  ['with the second', 1],
  ['later', 20],
])(
  'an answer that breaks off %s tells each of many clients why, however busy the isolate is',
  async (_title, words) => {
    const path = `/?words=${words}`
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, () => openChat(gateway.url, {}, { path, giveUpMs: 10_000 }).done),
    )
    const said = [...Array.from({ length: words }, () => 'word'), 'last words']
    for (const { ended, events } of answers) {
      expect(events.map(({ data }) => data)).toEqual(said)
      expect(ended).not.toBe('clean')
    }
  },
)
