import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  ADMIN_TOKEN,
  ASK,
  errorOf,
  type Gateway,
  LEDGER,
  startGateway,
  type Upstream,
  useGateway,
} from '../support/gateway.ts'

useGateway()
vi.setConfig({ testTimeout: 30_000 })

let running: Gateway | undefined
afterEach(() => running?.settled(), 30_000)

const MODEL = 'huggingface/Qwen/Qwen3-8B'
/** 100 tokens at 0.05 and 50 at 0.2 dollars a million. */
const COST = 15_000
const answer: Upstream = ({ url }) =>
  Response.json(
    url.endsWith('/models')
      ? { data: ['nobody/knows', 'openai/gpt-oss-120b'].map((id) => ({ id, providers: [] })) }
      : {
          id: 'x',
          choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 100, completion_tokens: 50 },
        },
  )
const CONFIG = {
  agents: { defaults: { model: MODEL, models: { [MODEL]: { alias: 'small' } } } },
  hugway: {
    projects: { research: { name: 'Research', budget: { usd: 5, per: 'month' }, billTo: 'acme' } },
    usage: { byUser: 'hash' },
  },
}

async function startIsolate(upstream = answer) {
  const gateway = await startGateway(upstream, LEDGER)
  const admin = (path: string, method = 'GET', body?: unknown) =>
    gateway.ask(path, { method, key: ADMIN_TOKEN, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return { gateway, admin }
}

async function start(config: unknown = CONFIG, upstream = answer) {
  const { gateway, admin } = await startIsolate(upstream)
  running = gateway
  await gateway.configure(config)
  const read = async <T>(path: string) => (await admin(path)).json<T>()
  const create = async (body: unknown) =>
    (await admin('/admin/keys', 'POST', body)).json<{ id: string; key: string; project: string }>()
  const chat = (key: string, body: object = ASK) =>
    gateway.ask('/v1/chat/completions', {
      method: 'POST',
      key,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { gateway, admin, read, create, chat }
}

describe('who spent what', () => {
  test('is told by project and key, to the nanodollar, as JSON and as CSV', async () => {
    const { gateway, admin, read, create, chat } = await start()
    const laptop = await create({ name: 'laptop', project: 'research', budget: { usd: 1, per: 'day' } })
    const other = await create({ name: '=other' })
    for (const key of [laptop.key, laptop.key, other.key]) expect((await chat(key)).status).toBe(200)
    await gateway.settled()
    const report = await read<{ rows: object[]; total: object; unavailable: string[] }>('/admin/usage?by=project,key')
    expect(report.rows).toMatchObject([
      { project: 'research', key: laptop.id, keyName: 'laptop', requests: 2, costNanoUsd: 2 * COST },
      { project: 'default', key: other.id, keyName: '=other', requests: 1, costNanoUsd: COST, costUsd: 0.000015 },
    ])
    expect(report).toMatchObject({ total: { requests: 3, costNanoUsd: 3 * COST }, unavailable: [], unbooked: 0 })
    expect((await read<{ rows: object[] }>('/admin/usage')).rows).toMatchObject([{ requests: 3 }])
    const csv = await (await admin('/admin/usage?by=project,key&format=csv&project=default')).text()
    const ms = /,(\d+)$/.exec(csv.trimEnd())?.[1]
    expect(csv.split('\r\n')[1]).toBe(`default,${other.id},'=other,1,0,100,50,0,0,15000,0.000015000,0,0,,,${ms},${ms}`)
  })

  test('the latest requests can be looked at by key, model and end, in pages', async () => {
    const { gateway, read, create, chat } = await start()
    const { key, id } = await create({ name: 'laptop', project: 'research' })
    for (let index = 0; index < 3; index++) await chat(key, { ...ASK, user: 'anna' })
    await chat(key, { ...ASK, model: 'nobody/knows' })
    await gateway.settled()
    type Page = { requests: { id: string; end: string; user: string | null; key: string }[]; next: string | null }
    const first = await read<Page>('/admin/requests?limit=2&end=whole')
    expect(first.requests).toMatchObject([
      { project: 'research', key: id, keyName: 'laptop', model: MODEL, end: 'whole', costNanoUsd: COST },
      { usage: { promptTokens: 100, completionTokens: 50 } },
    ])
    expect(first.requests[0]?.user).toMatch(/^u_[\da-f]{24}$/)
    const second = await read<Page>(`/admin/requests?limit=2&end=whole&before=${first.next}`)
    expect([second.requests.length, second.next]).toEqual([1, null])
    expect((await read<Page>('/admin/requests?end=not_admitted')).requests).toMatchObject([
      { errorCode: 'unpriced_model', costNanoUsd: null, usage: null },
    ])
    expect((await read<Page>('/admin/requests?key=nobody')).requests).toEqual([])
  })

  test.each([
    ['/admin/usage?by=colour', 'by'],
    ['/admin/usage?from=yesterday', 'from'],
    ['/admin/usage?from=2026-11-02&to=2026-11-01', 'from'],
    ['/admin/usage?by=hour&from=2026-09-01&to=2026-11-01', 'by'],
    ['/admin/usage?format=xml', 'format'],
    ['/admin/requests?limit=0', 'limit'],
    ['/admin/requests?before=x', 'before'],
  ])('%s names what is wrong', async (path, param) => {
    const { admin } = await start()
    const response = await admin(path)
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ param })
  })

  test('Prometheus reads counters and histograms with the admin token alone', async () => {
    const { gateway, admin, create, chat } = await start()
    const { key } = await create({ name: 'laptop', project: 'research' })
    await chat(key)
    await gateway.settled()
    expect((await gateway.ask('/metrics', { key })).status).toBe(401)
    const text = await (await admin('/metrics')).text()
    const labels = `project="research",model="${MODEL}",provider="",surface="chat"`
    expect(text).toContain(`hugway_requests_total{${labels},end="whole"} 1\n`)
    expect(text).toContain(`hugway_cost_usd_total{${labels}} 0.000015\n`)
    expect(text).toContain(`hugway_tokens_total{${labels},kind="completion"} 50\n`)
    expect(text).toContain('hugway_duration_seconds_bucket{project="research",surface="chat",le="+Inf"} 1\n')
  })
})

test('a model that a caller made up is no name in the sums; one that answers is, though no list has it', async () => {
  const answerNew: Upstream = (call) => {
    if (call.url.endsWith('/models')) return answer(call)
    return /made-up/.test(call.body) ? Response.json({ error: 'model not found' }, { status: 404 }) : answer(call)
  }
  const { gateway, read, chat, create } = await start({ ...CONFIG, hugway: {} }, answerNew)
  const { key } = await create({ name: 'laptop' })
  // The isolate has read a list.
  await gateway.ask('/v1/models')
  for (const model of ['a/made-up', 'openai/gpt-oss-120b:made-up', 'b/made-up', 'brand/new'])
    await chat(key, { ...ASK, model })
  await gateway.settled()
  const { rows } = await read<{ rows: { model: string; requests: number }[] }>('/admin/usage?by=model')
  expect(Object.fromEntries(rows.map(({ model, requests }) => [model, requests]))).toEqual({
    unlisted: 3,
    'huggingface/brand/new': 1,
  })
  const { requests } = await read<{ requests: { model: string }[] }>('/admin/requests')
  expect(requests.map(({ model }) => model)).toContain('huggingface/b/made-up')
})

test('a scrape that meets another isolate than the one before finds no counter lower than it was', async () => {
  const { gateway, create, chat, admin } = await start()
  const { key } = await create({ name: 'laptop', project: 'research' })
  const told: number[] = []
  const scrape = async (ask: typeof admin) => {
    const [, count] =
      /^hugway_requests_total\{project="research".*\} (\d+)$/m.exec(await (await ask('/metrics')).text()) ?? []
    told.push(Number(count))
  }
  await chat(key)
  await gateway.settled()
  await scrape(admin)
  await chat(key)
  await gateway.settled()
  await scrape((await startIsolate()).admin)
  await scrape(admin)
  expect(told).toEqual([1, 1, 1])
})

describe('projects and keys', () => {
  test('a project tells its budget, its month and how many keys it has', async () => {
    const { gateway, read, create, chat, admin } = await start()
    const { key } = await create({ name: 'laptop', project: 'research' })
    await chat(key, { ...ASK, max_tokens: 100 })
    await gateway.settled()
    const { projects } = await read<{ projects: { id: string }[] }>('/admin/projects')
    expect(projects.map(({ id }) => id)).toEqual(['default', 'research'])
    expect(await read('/admin/projects/research')).toMatchObject({
      name: 'Research',
      budget: { usd: 5, per: 'month', spentNanoUsd: COST, heldNanoUsd: 0, remainingNanoUsd: 5e9 - COST },
      billTo: 'acme',
      keys: 1,
      month: { requests: 1, costNanoUsd: COST },
      ledger: true,
    })
    expect((await admin('/admin/projects/nobody')).status).toBe(404)
  })

  test('keys are listed with last use and spend', async () => {
    const { gateway, read, create, chat } = await start()
    const { key } = await create({ name: 'laptop', project: 'research', budget: { usd: 1, per: 'total' } })
    await chat(key)
    await gateway.settled()
    const { keys } = await read<{ keys: object[] }>('/admin/keys')
    expect(keys).toMatchObject([
      {
        name: 'laptop',
        project: 'research',
        budget: { usd: 1, per: 'total', spentNanoUsd: COST, resetsAt: null },
        requests: 1,
        costNanoUsd: COST,
        lastUsedAt: expect.stringMatching(/^20/),
      },
    ])
  })

  test('a key is changed without a new secret, and stopped for a while', async () => {
    const { admin, create, chat } = await start()
    const { id, key } = await create({ name: 'laptop' })
    const change = (body: unknown) => admin(`/admin/keys/${id}`, 'PATCH', body)
    expect(await (await change({ models: ['openai/*'], name: 'desk' })).json()).toMatchObject({ name: 'desk' })
    expect((await chat(key)).status).toBe(404)
    expect((await change({ models: null, disabled: true })).status).toBe(200)
    expect((await chat(key)).status).toBe(401)
    expect(await (await change({ disabled: false })).json()).toMatchObject({ status: 'active' })
    expect((await chat(key)).status).toBe(200)
  })

  test('a change of a key is merged into what holds: what is not named stays, null takes away', async () => {
    const { admin, create } = await start()
    const bounds = { budget: { usd: 1, per: 'day' }, limits: { requestsPerMinute: 60, concurrent: 3 }, models: [MODEL] }
    const { id } = await create({ name: 'laptop', project: 'research', ...bounds })
    const change = async (body: unknown) => (await admin(`/admin/keys/${id}`, 'PATCH', body)).json<object>()
    expect(await change({ limits: { tokensPerMinute: 900, concurrent: null } })).toMatchObject({
      ...bounds,
      project: 'research',
      limits: { requestsPerMinute: 60, tokensPerMinute: 900 },
    })
    expect(await change({ budget: { usd: 2 } })).toMatchObject({ budget: { usd: 2, per: 'day' }, models: [MODEL] })
    const freed = await change({
      limits: { requestsPerMinute: null, tokensPerMinute: null },
      budget: null,
      models: null,
    })
    for (const bound of ['limits', 'budget', 'models']) expect(freed).not.toHaveProperty(bound)
    expect(await change({ expiresAt: '2999-01-31' })).toMatchObject({ expiresAt: '2999-01-31T00:00:00.000Z' })
    expect(await change({ expiresAt: null, project: 'default' })).toMatchObject({ expiresAt: null, project: 'default' })
  })

  test.each<[body: object, param: string, says: string]>([
    [{ budgt: null }, 'budgt', 'did you mean "budget"?'],
    [{ limits: { requestPerMinute: 5 } }, 'limits.requestPerMinute', 'did you mean "requestsPerMinute"?'],
    [{ limits: { x: 5 } }, 'limits.x', 'known here: requestsPerMinute, tokensPerMinute, concurrent'],
    [{ limits: { concurrent: 0 } }, 'limits.concurrent', 'must be a whole number'],
    [{ budget: { usd: 5 } }, 'budget.per', 'must be given'],
    [{ budget: { usd: null } }, 'budget.usd', 'must be US dollars'],
    [{ models: [] }, 'models', 'must name a model'],
    [{ models: ['gpt'] }, 'models', 'is no alias'],
    [{ project: 'nobody' }, 'project', 'nobody'],
    [{ disabled: 'yes' }, 'disabled', 'must be true or false'],
    [{ expiresAt: '2020-01-01' }, 'expiresAt', 'has passed'],
  ])('a change of a key that is none is refused by the field: %o', async (body, param, says) => {
    const { admin, create, read } = await start()
    const { id } = await create({ name: 'laptop' })
    const error = await errorOf(await admin(`/admin/keys/${id}`, 'PATCH', body))
    expect(error).toMatchObject({ param, message: expect.stringContaining(says) })
    const { keys } = await read<{ keys: object[] }>('/admin/keys')
    expect(keys).toMatchObject([{ name: 'laptop', project: 'default', expiresAt: null }])
  })

  test('a budget does not begin anew by rotating its key', async () => {
    const { gateway, admin, create, chat, read } = await start()
    const old = await create({ name: 'laptop', budget: { usd: 0.00007, per: 'total' } })
    const small = { ...ASK, max_tokens: 50 }
    expect((await chat(old.key, small)).status).toBe(200)
    await gateway.settled()
    const next = await (await admin(`/admin/keys/${old.id}/rotate`, 'POST', {})).json<{ key: string }>()
    const { keys } = await read<{ keys: { budget: { spentNanoUsd: number } }[] }>('/admin/keys')
    expect(keys.map(({ budget }) => budget.spentNanoUsd)).toEqual([COST, COST])
    expect((await chat(next.key, small)).status).toBe(402)
  })

  test.each<[body: object, status: number, code: string]>([
    [{ name: 'x', project: 'nobody' }, 404, 'unknown_project'],
    [{ name: 'x', models: ['gpt'] }, 400, 'invalid_request'],
    [{ name: 'x', budget: { usd: -1, per: 'day' } }, 400, 'invalid_request'],
    [{ name: 'x', budget: { usd: 1, per: 'hour' } }, 400, 'invalid_request'],
    [{ name: 'x', limits: { requestsPerMinute: 0 } }, 400, 'invalid_request'],
    [{ name: 'x', limits: { rpm: 5 } }, 400, 'invalid_request'],
  ])('%o is refused', async (body, status, code) => {
    const { admin } = await start()
    const response = await admin('/admin/keys', 'POST', body)
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject({ code })
  })

  test('a deployment that cannot hold a bound says so at the first key that asks for one', async () => {
    const gateway = await startGateway(answer)
    const body = JSON.stringify({ name: 'x', budget: { usd: 1, per: 'day' } })
    const response = await gateway.ask('/admin/keys', { method: 'POST', key: ADMIN_TOKEN, body })
    expect(response.status).toBe(503)
    expect((await errorOf(response)).message).toContain('deploy it again')
  })
})

describe('a caller', () => {
  test('is told its own bounds in OpenRouter’s form', async () => {
    const { gateway, create, chat } = await start()
    const limits = { requestsPerMinute: 60 }
    const { key } = await create({ name: 'laptop', project: 'research', budget: { usd: 1, per: 'day' }, limits })
    await chat(key, { ...ASK, max_tokens: 10 })
    await gateway.settled()
    const response = await gateway.ask('/v1/key', { key })
    expect(await response.json()).toMatchObject({
      data: {
        label: 'laptop',
        limit: 1,
        usage: 0.000015,
        limit_remaining: 0.999985,
        rate_limit: { requests: 60, interval: '60s' },
        project: { id: 'research', name: 'Research' },
        budgets: [{ of: 'key' }, { of: 'project', usd: 5, spentNanoUsd: COST }],
      },
    })
  })

  test('sees the models that it may use, and no other', async () => {
    const { gateway, create } = await start()
    const { key } = await create({ name: 'laptop', models: ['small', 'openai/*'] })
    const list = await (await gateway.ask('/v1/models', { key })).json<{ data: { id: string }[] }>()
    expect(list.data.map(({ id }) => id).sort()).toEqual([MODEL, 'huggingface/openai/gpt-oss-120b'])
    expect((await gateway.ask('/v1/models/small', { key })).status).toBe(200)
    expect((await gateway.ask('/v1/models/deepseek-ai/DeepSeek-R1', { key })).status).toBe(404)
  })
})
