import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleDirectory } from '../support/build-bundle.ts'
import type { Row } from './rounds.ts'

/** The size of what is deployed. */
export async function bundleRow(): Promise<Row> {
  const kib = gzipSync(readFileSync(join(await bundleDirectory(), 'worker.js'))).byteLength / 1024
  const spread = { median: kib, min: kib, max: kib }
  return { name: 'bundle, gzip', unit: 'KiB', target: undefined, values: { hugway: spread }, ratios: {} }
}
