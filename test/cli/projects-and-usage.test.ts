import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toSparkline, toTable } from '../../src/cli/table.ts'
import { formatNanoUsd, formatUsd } from '../../src/core/limits/money.ts'
import {
  COUNTED_CATALOG,
  COUNTED_MODEL,
  type CountingUpstream,
  startCountingUpstream,
} from '../support/counting-upstream.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { makeProject, type Run, type TestProject } from './support/hugway.ts'

let upstream: CountingUpstream
let worker: Gateway
let project: TestProject
beforeAll(async () => {
  upstream = await startCountingUpstream(5)
  const config = { agents: { defaults: { model: COUNTED_MODEL } } }
  worker = await startGateway({ upstreamUrl: upstream.url, config, isolates: 2 })
  worker.kv.set('catalog:v1', COUNTED_CATALOG)
  project = makeProject()
})
afterAll(async () => {
  await worker.close()
  await upstream.close()
  project.remove()
})

const at = (...args: string[]): Promise<Run> =>
  project.hugway([...args, '--url', worker.url], { HUGWAY_API_KEY: 'test-key', HUGWAY_ADMIN_TOKEN: 'test-admin-token' })

async function ok(...args: string[]): Promise<Run> {
  const run = await at(...args)
  expect(run.code, `${args.join(' ')}: ${run.err}`).toBe(0)
  return run
}

function chat(key: string, url: string): Promise<Response> {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], max_tokens: 20 })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
}

test('two projects with three keys, five clients at once, and usage tells what each spent to the nanodollar', async () => {
  await ok('projects', 'set', 'research', '--name', 'Research', '--budget', '5/month', '--rpm', '600')
  const made = await ok('projects', 'set', 'support', '--budget', '1/day', '--model', 'counted/*')
  expect(made.out).toMatch(/^ID +NAME +MODELS +BUDGET +SPENT/)
  expect(made.out).toContain('counted/*  $1.00 a day')
  const key = async (...args: string[]) => (await ok('keys', 'create', ...args)).out.trim()
  const laptop = await key('--name', 'laptop', '--project', 'research', '--budget', '2/week')
  const bot = await key('--name', 'bot', '--project', 'support', '--concurrent', '50')
  const desk = await key('--name', 'desk', '--project', 'support')
  const clients = [laptop, laptop, bot, bot, desk]
  const turns = clients.map(async (own, client) => {
    for (let turn = 0; turn < 6; turn++) {
      const response = await chat(own, worker.urls[(client + turn) % 2] ?? '')
      expect(response.status, await response.text()).toBe(200)
    }
  })
  await Promise.all(turns)
  type Row = { keyName: string; costNanoUsd: number; requests: number }
  let report: { rows: Row[]; total: { costNanoUsd: number } } = { rows: [], total: { costNanoUsd: 0 } }
  for (let tries = 0; tries < 20 && report.total.costNanoUsd !== upstream.costNanoUsd(); tries++) {
    report = JSON.parse((await ok('usage', '--json')).out)
  }
  expect(report.total.costNanoUsd).toBe(upstream.costNanoUsd())
  const each = upstream.costNanoUsd() / 30
  expect(report.rows.map(({ keyName, costNanoUsd }) => [keyName, costNanoUsd]).sort()).toEqual([
    ['bot', 12 * each],
    ['desk', 6 * each],
    ['laptop', 12 * each],
  ])
}, 120_000)

describe('after that', () => {
  test('usage is a table that a person reads, with a line of days', async () => {
    const { out } = await ok('usage', '--by', 'key', '--since', '7d')
    const [header, ...lines] = out.split('\n')
    expect(header).toMatch(/^KEY +REQUESTS +FAILED +PROMPT +ANSWER +COST +FIRST P50 +FIRST P95$/)
    expect(lines.find((line) => line.startsWith('laptop'))).toMatch(/^laptop +12 +0/)
    expect(lines.find((line) => line.startsWith('total'))).toMatch(/^total +30 /)
    expect(out).toMatch(/\d{4}-\d\d-\d\d +█ \d{4}-\d\d-\d\d {2}a day, at most \$0\.00/)
    const hours = (await ok('usage', '--by', 'hour', '--since', '6h')).out
    expect(hours).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00Z +30 /m)
    expect(hours).toMatch(/\d\d:00 +█ \d{4}-\d\d-\d\d \d\d:00 {2}an hour, at most \$0\.00/)
    expect((await ok('usage', '--by', 'project', '--csv')).out.split('\n')[0]).toMatch(/^project,requests,failed/)
    expect((await at('usage', '--by', 'colour')).err).toContain('by takes hour, day, project')
    expect((await at('usage', 'exprot')).code).toBe(2)
  })

  test('export writes every completion that is kept, one a line', async () => {
    const { out } = await ok('usage', 'export', '--project', 'support')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(18)
    expect(lines[0]).toMatchObject({ project: 'support', end: 'whole', model: `huggingface/${COUNTED_MODEL}` })
  })

  test('keys are listed with their project, budget, spend and limits', async () => {
    const { out } = await ok('keys', 'list')
    expect(out.split('\n')[0]).toMatch(/^ID +STATUS +NAME +PROJECT +BUDGET +SPENT +LIMITS +MADE +LAST USED +ENDS$/)
    expect(out).toMatch(/laptop +research +\$2\.00 a week +\$0\.00\d+ \(0 %\)/)
  })

  test('a key is changed, stopped and started without a new secret', async () => {
    expect((await ok('keys', 'change', 'desk', '--budget', '3/total', '--rpm', '5k')).out).toContain('$3.00 in total')
    expect((await ok('keys', 'change', 'desk', '--disable')).out).toContain('disabled')
    const { out } = await ok('keys', 'change', 'desk', '--enable', '--budget', 'none', '--json')
    expect(JSON.parse(out)).toMatchObject({ status: 'active', limits: { requestsPerMinute: 5_000 } })
    expect(JSON.parse(out)).not.toHaveProperty('budget')
    expect((await at('keys', 'change', 'desk')).code).toBe(2)
  })

  test('a limit that is changed takes no other limit away', async () => {
    const limitsOf = async (...args: string[]) => JSON.parse((await ok(...args, '--json')).out).limits
    await ok('keys', 'change', 'desk', '--rpm', '10', '--tpm', '1k')
    expect(await limitsOf('keys', 'change', 'desk', '--tpm', '2k')).toEqual({
      requestsPerMinute: 10,
      tokensPerMinute: 2_000,
    })
    expect(await limitsOf('keys', 'change', 'desk', '--rpm', 'none')).toEqual({ tokensPerMinute: 2_000 })
    expect(await limitsOf('keys', 'change', 'desk', '--tpm', 'none')).toBeUndefined()

    const rates = { requestsPerMinute: 7, tokensPerMinute: 9 }
    expect(await limitsOf('projects', 'set', 'limited', '--rpm', '7', '--tpm', '9')).toEqual(rates)
    expect(await limitsOf('projects', 'set', 'limited', '--rpm', 'none')).toEqual({ tokensPerMinute: 9 })
    expect((await ok('projects', 'list')).out).toMatch(/^limited .* 9 tpm /m)
    expect(await limitsOf('projects', 'set', 'limited', '--tpm', 'none')).toEqual({})
    await ok('projects', 'remove', 'limited')
  })

  test.each([
    [['keys', 'create', '--budget', 'lots'], '--budget takes US dollars a period'],
    [['keys', 'create', '--rpm', '0'], '--rpm takes a number from 1'],
    [['keys', 'create', '--project', 'nobody'], 'There is no project nobody'],
    [['projects', 'remove', 'default'], 'the project "default" is always there'],
    [['projects', 'remove', 'nobody'], 'There is no project nobody'],
    [['projects', 'set', 'Bad Id'], 'small letters'],
  ])('%j says what is wrong', async (args, words) => {
    const { code, err } = await at(...args)
    expect(code).not.toBe(0)
    expect(err).toContain(words)
  })

  test('a project that is removed leaves its keys and its past', async () => {
    await ok('projects', 'remove', 'research')
    expect((await ok('projects', 'list')).out).not.toContain('Research')
    expect((await ok('usage', '--by', 'project')).out).toMatch(/^research +12 /m)
  })
})

describe('what is printed', () => {
  test('money has the digits that matter, and is never told as less than it is', () => {
    const amounts = [0, 12, 1.005, 0.5, 0.9999, 0.000015, 0.00012345, 0.000000007]
    const told = ['$0', '$12.00', '$1.01', '$0.500', '$1.00', '$0.0000150', '$0.000124', '$0.000000007']
    expect(amounts.map(formatUsd)).toEqual(told)
  })

  test('what was spent is told to the nanodollar', () => {
    const amounts = [0, 5_000_000_000, 12_345_678_901, 333_650, 7, 10_000_000]
    const told = ['$0.00', '$5.00', '$12.345678901', '$0.00033365', '$0.000000007', '$0.01']
    expect(amounts.map(formatNanoUsd)).toEqual(told)
  })

  test('bars stand for days, and nothing for none', () => {
    expect(toSparkline([0, 1, 4, 8])).toBe(' ▁▄█')
    expect(toSparkline([])).toBe('')
  })

  test('a name from elsewhere moves no cursor', () => {
    expect(toTable([['\u001b[2J\u009bred\r\n'], ['Zoë\u202e']], 1)).toEqual(['?[2J?red??', 'Zoë?'])
  })

  test('numbers stand at the right', () => {
    expect(
      toTable(
        [
          ['a', 'n'],
          ['bb', '10'],
        ],
        1,
      ),
    ).toEqual(['a    n', 'bb  10'])
  })
})
