import { existsSync } from 'node:fs'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Builds the Worker once for all the tests that start it for real. */
const BUNDLE_ONCE = './test/lifecycle/support/bundle.ts'

/** A developer's own .dev.vars must not decide what a test sees: an empty value counts as not set. */
const NO_SETTINGS = {
  HF_TOKEN: '',
  HUGGINGFACE_HUB_TOKEN: '',
  HF_BASE_URL: '',
  HF_BILL_TO: '',
  HUGWAY_API_KEY: '',
  HUGWAY_ADMIN_TOKEN: '',
  HUGWAY_ALERTS_URL: '',
  HUGWAY_LEDGER_LOCATION: '',
}

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/{core,wire,json}/**/*.test.ts'] },
      },
      {
        plugins: [
          cloudflareTest({ wrangler: { configPath: './wrangler.toml' }, miniflare: { bindings: NO_SETTINGS } }),
        ],
        test: {
          name: 'workerd',
          testTimeout: 20_000,
          include: ['test/{stream,huggingface,kv,isolate,objects,telemetry,gateway,http}/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'lifecycle',
          include: [
            'test/{lifecycle,console,matrix,cli,simulator,clients,recordings,bench,simulation,routing-month}/**/*.test.ts',
            'test/*.test.ts',
          ],
          globalSetup: existsSync(BUNDLE_ONCE) ? [BUNDLE_ONCE] : [],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
