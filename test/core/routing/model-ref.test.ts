import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  describeModelRefError,
  formatModelRef,
  MODEL_REF_FORM,
  parseModelRef,
  toRouterModel,
} from '../../../src/core/routing/model-ref.ts'

describe('a ref that is accepted goes to the router as it was written after the prefix', () => {
  test.each<[written: string, sent: string, kind: string]>([
    ['huggingface/deepseek-ai/DeepSeek-R1', 'deepseek-ai/DeepSeek-R1', 'default'],
    ['deepseek-ai/DeepSeek-R1', 'deepseek-ai/DeepSeek-R1', 'default'],
    ['HuggingFace/Qwen/Qwen3-8B', 'Qwen/Qwen3-8B', 'default'],
    ['huggingface/Qwen/Qwen3-8B:fastest', 'Qwen/Qwen3-8B:fastest', 'policy'],
    ['huggingface/Qwen/Qwen3-8B:cheapest', 'Qwen/Qwen3-8B:cheapest', 'policy'],
    ['Qwen/Qwen3-8B:preferred', 'Qwen/Qwen3-8B:preferred', 'policy'],
    ['huggingface/deepseek-ai/DeepSeek-R1:together', 'deepseek-ai/DeepSeek-R1:together', 'provider'],
    ['a/b:fireworks-ai', 'a/b:fireworks-ai', 'provider'],
    ['a/b:a-provider-of-next-year', 'a/b:a-provider-of-next-year', 'provider'],
    ['a/b:Together', 'a/b:Together', 'provider'],
    ['a/b:FASTEST', 'a/b:FASTEST', 'provider'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct', 'default'],
    ['01-ai/Yi_1.5', '01-ai/Yi_1.5', 'default'],
    ['huggingface/huggingface/model', 'huggingface/model', 'default'],
    [`${'o'.repeat(96)}/${'m'.repeat(96)}`, `${'o'.repeat(96)}/${'m'.repeat(96)}`, 'default'],
  ])('%s', (written, sent, kind) => {
    const parsed = parseModelRef(written)
    expect(parsed).toMatchObject({ ok: true, value: { routing: { kind } } })
    if (!parsed.ok) return
    expect(toRouterModel(parsed.value)).toBe(sent)
    expect(formatModelRef(parsed.value)).toBe(`huggingface/${sent}`)
    expect(parseModelRef(formatModelRef(parsed.value))).toEqual(parsed)
  })
})

describe('what is not a ref is refused, quoting the form that is', () => {
  test.each<[what: string, text: string]>([
    ['nothing', ''],
    ['the prefix alone', 'huggingface/'],
    ['a name without an organisation', 'DeepSeek-R1'],
    ['the prefix and a name', 'huggingface/DeepSeek-R1'],
    ['a third part', 'huggingface/a/b/c'],
    ['a way up', '../a/b'],
    ['a way up inside', 'huggingface/../v1/models'],
    ['a way up as a part', 'a/..'],
    ['a dot as a part', './a'],
    ['two dots in a name', 'a/b..c'],
    ['an empty organisation', 'huggingface//b'],
    ['an empty model', 'a/'],
    ['a leading slash', '/a/b'],
    ['an empty suffix', 'a/b:'],
    ['a second colon', 'a/b:fastest:cheapest'],
    ['two colons', 'a/b::fastest'],
    ['a suffix that is a path', 'a/b:../x'],
    ['a suffix with a space', 'a/b:fast est'],
    ['a suffix of 65 characters', `a/b:${'p'.repeat(65)}`],
    ['an encoded slash', 'a%2fb'],
    ['an encoded slash inside a part', 'a/b%2fc'],
    ['a query', 'a/b?c=d'],
    ['a fragment', 'a/b#c'],
    ['a backslash', 'a\\b/c'],
    ['a URL', 'https://example.com/v1'],
    ['credentials', 'a@b/c'],
    ['a line break at the end', 'a/b\n'],
    ['a line break inside', 'a/b\r\nx-evil: 1'],
    ['a NUL', 'a/b\0'],
    ['an escape sequence', 'a/\u001b[31mb'],
    ['a letter of another script', 'а/b'],
    ['an emoji', 'a/b😀'],
    ['a full-width slash', 'a／b'],
    ['a right-to-left mark', 'a/b\u202e'],
    ['a space in front', ' a/b'],
    ['300 characters', `a/${'b'.repeat(298)}`],
    ['a hyphen in front', '-a/b'],
    ['a dot at the end', 'a/b.'],
  ])('%s', (_what, text) => {
    const parsed = parseModelRef(text)
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    const message = describeModelRefError(parsed.error)
    expect(message).toContain(MODEL_REF_FORM)
    expect(message).toMatch(/^[\x20-\x7e]+$/)
    expect(message.length).toBeLessThan(300)
  })
})

const part = fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,20}[A-Za-z0-9])?$/)
const suffix = fc.option(fc.oneof(fc.constantFrom('fastest', 'cheapest', 'preferred'), part), { nil: undefined })

test('every well-formed ref survives parsing and writing, with the prefix and without', () => {
  fc.assert(
    fc.property(part, part, suffix, fc.boolean(), (org, model, end, hasPrefix) => {
      const sent = `${org}/${model}${end === undefined ? '' : `:${end}`}`
      // A bare ref whose organisation is called huggingface reads as a prefix: it has to be written in full.
      fc.pre(hasPrefix || org.toLowerCase() !== 'huggingface')
      const parsed = parseModelRef(hasPrefix ? `huggingface/${sent}` : sent)
      expect(parsed.ok && toRouterModel(parsed.value)).toBe(sent)
      expect(parsed.ok && formatModelRef(parsed.value)).toBe(`huggingface/${sent}`)
    }),
    { seed: 1 },
  )
})

test('whatever text comes, what is accepted is one harmless model name', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\w./:%\\ -]{0,40}$/)), (text) => {
      const parsed = parseModelRef(text)
      if (!parsed.ok) return
      expect(toRouterModel(parsed.value)).toMatch(/^[\w.-]+\/[\w.-]+(:[\w-]+)?$/)
      expect(toRouterModel(parsed.value)).not.toContain('..')
      expect(text.endsWith(toRouterModel(parsed.value))).toBe(true)
    }),
    { seed: 2, numRuns: 1_000 },
  )
})
