import { describe, expect, test } from 'vitest'
import { planTargets, resolveModel, type Wanted } from '../../../src/core/routing/plan.ts'
import { configOf, textsOf } from '../support/refs.ts'

const config = configOf({
  agents: {
    defaults: {
      model: { primary: 'a/primary', fallbacks: ['b/second:groq', 'a/primary', 'c/third'] },
      models: { 'd/named:fastest': { alias: 'Quick One' }, 'b/second:groq': { alias: 'Second' } },
    },
  },
  hugway: { models: { 'e/alone': { fallbacks: false }, 'f/own': { fallbacks: ['g/one', 'f/own', 'h/two'] } } },
})

const nothing: Wanted = { model: undefined, models: undefined, fallbackOff: false }

describe('the order in which targets are tried', () => {
  test.each<[title: string, wanted: Partial<Wanted>, targets: string[]]>([
    ['no model at all is the primary and its fallbacks', {}, ['a/primary', 'b/second:groq', 'c/third']],
    ['"default" is the primary', { model: 'Default' }, ['a/primary', 'b/second:groq', 'c/third']],
    ['an empty model is the primary', { model: ' ' }, ['a/primary', 'b/second:groq', 'c/third']],
    ['another model comes first', { model: 'x/y' }, ['x/y', 'b/second:groq', 'a/primary', 'c/third']],
    [
      'a fallback that was asked for is not tried twice',
      { model: 'c/third' },
      ['c/third', 'b/second:groq', 'a/primary'],
    ],
    [
      'a suffix makes another target',
      { model: 'c/third:groq' },
      ['c/third:groq', 'b/second:groq', 'a/primary', 'c/third'],
    ],
    ['the prefix does not', { model: 'huggingface/c/third' }, ['c/third', 'b/second:groq', 'a/primary']],
    ['an alias is its ref', { model: ' quick  ONE' }, ['d/named:fastest', 'b/second:groq', 'a/primary', 'c/third']],
    ['a model may have no fallbacks', { model: 'e/alone' }, ['e/alone']],
    ['a model may have its own', { model: 'f/own' }, ['f/own', 'g/one', 'h/two']],
    [
      'the own list of a request replaces them',
      { model: 'f/own', models: ['x/1', 'second', 'x/1'] },
      ['f/own', 'x/1', 'b/second:groq'],
    ],
    ['an empty list of its own leaves the model alone', { model: 'c/third', models: [] }, ['c/third']],
    ['a list without a model begins with its first', { models: ['x/1', 'default', 'x/1'] }, ['x/1', 'a/primary']],
    ['an empty list without a model is the primary alone', { models: [] }, ['a/primary']],
    ['the header switches fallbacks off', { model: 'x/y', fallbackOff: true }, ['x/y']],
    ["it switches the request's own list off as well", { model: 'x/y', models: ['z/z'], fallbackOff: true }, ['x/y']],
    ['of a list without a model it leaves the first', { models: ['x/1', 'x/2'], fallbackOff: true }, ['x/1']],
  ])('%s', (_title, wanted, targets) => {
    const planned = planTargets(config, { ...nothing, ...wanted })
    expect(planned.ok && textsOf(planned.value)).toEqual(targets)
  })
})

describe('a name that is neither alias nor ref', () => {
  test.each<[title: string, wanted: Partial<Wanted>]>([
    ['is refused as the model', { model: 'gpt-4' }],
    ['is refused in the list', { model: 'x/y', models: ['gpt-4'] }],
    ['is refused in a list without a model', { models: ['gpt-4'] }],
  ])('%s', (_title, wanted) => {
    expect(planTargets(config, { ...nothing, ...wanted })).toMatchObject({ ok: false, error: { kind: 'bad_model' } })
  })

  test.each<[written: string, nearest: string | undefined]>([
    ['qick one', 'quick one'],
    ['Secnd', 'second'],
    ['gpt-4', undefined],
    ['s'.repeat(65), undefined],
  ])('%s has %s as the nearest alias', (written, nearest) => {
    const resolved = resolveModel(config, written)
    expect(!resolved.ok && resolved.error.kind === 'bad_model' && resolved.error.nearestAlias).toBe(nearest)
  })

  test.each(['__proto__', 'constructor', 'toString'])('%s is no alias by inheritance', (name) => {
    expect(resolveModel(config, name).ok).toBe(false)
  })
})
