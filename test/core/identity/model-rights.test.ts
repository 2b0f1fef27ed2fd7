import { describe, expect, test } from 'vitest'
import { isModelPattern } from '../../../src/core/identity/model-pattern.ts'
import { allowsModel } from '../../../src/core/identity/model-rights.ts'
import { configOf, refOf } from '../support/refs.ts'

const CONFIG = configOf({ agents: { defaults: { models: { 'Qwen/Qwen3-8B:fastest': { alias: 'Quick' } } } } })

describe('a list of models', () => {
  test.each<[models: string[] | undefined, ref: string, allows: boolean]>([
    [undefined, 'a/b', true],
    [['a/b'], 'a/b', true],
    [['huggingface/a/b'], 'a/b', true],
    [['a/b'], 'a/b:groq', true],
    [['a/b:groq'], 'a/b:groq', true],
    [['a/b:groq'], 'a/b', false],
    [['a/b:groq'], 'a/b:together', false],
    [['a/*'], 'a/b:fastest', true],
    [['huggingface/a/*'], 'a/b', true],
    [['a/*'], 'ab/c', false],
    [['quick'], 'Qwen/Qwen3-8B:fastest', true],
    [['quick'], 'Qwen/Qwen3-8B', false],
    [['gone'], 'Qwen/Qwen3-8B', false],
    [['a/b', 'c/*'], 'c/d', true],
    [['*/*'], 'a/b', false],
  ])('%j and %s: %s', (models, ref, allows) => {
    expect(allowsModel(models, refOf(ref), CONFIG)).toBe(allows)
  })
})

test('what may stand in one', () => {
  const words = ['a/*', 'a/b', 'huggingface/a/b:groq', 'quick', 'nothing', '*', 'a/*/b']
  expect(words.filter((word) => isModelPattern(word, (alias) => alias === 'quick'))).toEqual([
    'a/*',
    'a/b',
    'huggingface/a/b:groq',
    'quick',
  ])
})
