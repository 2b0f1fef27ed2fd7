import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildCatalog } from '../../../src/core/catalog/catalog.ts'
import type { RouterModel } from '../../../src/core/catalog/router-model.ts'
import { DEFAULT_CONFIG } from '../../../src/core/config/config.ts'
import { refOf } from '../support/refs.ts'

/** Recordings of the real router, kept beside the project; not everybody has them. */
const FIXTURES = '../shared/fixtures'
const RECORDED = `${FIXTURES}/router-v1-models-2026.json`
const MODERN = `${FIXTURES}/router-v1-models-modern-samples.json`

function listIn(path: string): RouterModel[] {
  return JSON.parse(readFileSync(path, 'utf8')).data
}

describe.skipIf(!existsSync(RECORDED))('the list of 121 models that the router really sent', () => {
  test('comes through complete, row by row, with everything it held', () => {
    const list = listIn(RECORDED)
    const { rows } = buildCatalog(list, DEFAULT_CONFIG)
    expect(rows.length).toBe(121)
    for (const [index, sent] of list.entries()) {
      expect(rows[index]).toMatchObject({ ...sent, id: `huggingface/${sent.id}` })
    }
  })

  test('has a name on every row, and a context wherever a live provider tells one', () => {
    const list = listIn(RECORDED)
    const catalog = buildCatalog(list, DEFAULT_CONFIG)
    for (const { id, providers } of list) {
      const told = (providers as { status: string; context_length?: number }[]).flatMap((one) =>
        one.status === 'live' ? (one.context_length ?? []) : [],
      )
      const row = catalog.rowOf(refOf(id))
      expect(row?.name).toMatch(/\S/)
      if (told.length > 0) expect(row?.['context_length']).toBe(Math.min(...told))
    }
  })

  test('tells the least context of DeepSeek R1, whose providers differ', () => {
    const catalog = buildCatalog(listIn(RECORDED), DEFAULT_CONFIG)
    expect(catalog.rowOf(refOf('deepseek-ai/DeepSeek-R1'))).toMatchObject({
      name: 'DeepSeek R1',
      context_length: 64_000,
    })
  })
})

describe.skipIf(!existsSync(MODERN))('the rows as they look since May 2026', () => {
  test('keep prices, latencies and throughputs', () => {
    const list = listIn(MODERN)
    const { rows } = buildCatalog(list, DEFAULT_CONFIG)
    for (const [index, sent] of list.entries()) {
      expect(rows[index]).toMatchObject({ ...sent, id: `huggingface/${sent.id}` })
    }
  })
})
