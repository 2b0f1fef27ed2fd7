import { BUNDLE_VARIABLE, buildBundle } from '../../support/build-bundle.ts'

/** Vitest's global setup: builds the Worker once for all the tests that start it for real. Test workers inherit the variable. */
export async function setup(): Promise<() => void> {
  const bundle = await buildBundle()
  process.env[BUNDLE_VARIABLE] = bundle.directory
  return () => bundle.remove()
}
