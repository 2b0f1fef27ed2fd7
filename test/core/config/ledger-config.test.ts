import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/core/config/config.ts'
import { configOf } from '../support/refs.ts'

const problemsOf = (hugway: object) => {
  const parsed = parseConfig(JSON.stringify({ hugway }))
  return parsed.ok ? [] : parsed.error.map(({ path }) => path)
}

describe('projects', () => {
  test('there is one without a word', () => {
    expect([...configOf({}).projects.values()]).toEqual([{ id: 'default', name: 'default' }])
  })

  test('have what is written of them, and their id for a name', () => {
    const budget = { usd: 20, per: 'month' }
    const { projects } = configOf({ hugway: { projects: { research: { budget, billTo: 'acme' } } } })
    expect(projects.get('research')).toMatchObject({ id: 'research', name: 'research', budget, billTo: 'acme' })
    expect([...projects.keys()]).toEqual(['default', 'research'])
  })
})

test('budgets and usage have defaults', () => {
  const { budgets, usage } = configOf({ hugway: { budgets: { alertAt: [100, 50] } } })
  expect(budgets).toEqual({ timeZone: 'UTC', alertAt: [50, 100] })
  expect(usage).toMatchObject({ byUser: 'off', keepDays: 35 })
})

describe('what is wrong is named', () => {
  test.each<[hugway: object, path: string]>([
    [{ projects: { 'Bad Id': {} } }, 'hugway.projects["Bad Id"]'],
    [{ projects: { a: { budget: { usd: -1, per: 'day' } } } }, 'hugway.projects.a.budget.usd'],
    [{ projects: { a: { budget: { usd: 1, per: 'hour' } } } }, 'hugway.projects.a.budget.per'],
    [{ projects: { a: { limits: { rpm: 1 } } } }, 'hugway.projects.a.limits.rpm'],
    [{ projects: { a: { models: ['gpt'] } } }, 'hugway.projects.a.models[0]'],
    [{ projects: { a: { models: [] } } }, 'hugway.projects.a.models'],
    [{ projects: { a: { billTo: 'a b' } } }, 'hugway.projects.a.billTo'],
    [{ budgets: { timeZone: 'Europe/Atlantis' } }, 'hugway.budgets.timeZone'],
    [{ budgets: { alertAt: [0] } }, 'hugway.budgets.alertAt[0]'],
    [{ usage: { byUser: 'yes' } }, 'hugway.usage.byUser'],
    [{ usage: { keepDays: 0 } }, 'hugway.usage.keepDays'],
  ])('%j', (hugway, path) => {
    expect(problemsOf(hugway)).toEqual([path])
  })
})
