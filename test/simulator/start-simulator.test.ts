import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/simulator/answer.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { chat, post, postRaw, readBody, until } from './support/raw-client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 1 })
})
afterAll(() => simulator.close())
afterEach(() => simulator.reset())

const messageOf = async (response: Response) => (await readBody(response)).choices[0].message

describe('an ordinary answer', () => {
  test('streams each token in a read of its own and says that it is simulated', async () => {
    const slow = chat({ stream: true, simulate: { fault: 'none', delayMs: 15 } })
    const { text, reads, complete } = await postRaw(simulator.url, slow)
    expect(text).toContain('"content":" simulated"')
    expect(text).toContain('x-inference-provider: nscale')
    expect(text).toContain('set-cookie:')
    expect(text).toContain('data: [DONE]\n\n')
    expect(reads.length).toBeGreaterThan(20)
    expect(complete).toBe(true)
  })

  test('is one JSON body where no stream was asked for, with usage', async () => {
    const body = await readBody(await post(simulator.url, chat()))
    expect(body.choices[0].message.content).toMatch(/^This is a simulated answer from Qwen\/Qwen3-8B/)
    expect(body.choices[0].finish_reason).toBe('stop')
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens)
  })

  test('stops at max_tokens, answers n times, reasons like R1', async () => {
    const ask = { model: 'deepseek-ai/DeepSeek-R1:novita', max_tokens: 20, n: 2 }
    const response = await post(simulator.url, chat(ask))
    expect(response.headers.get('x-inference-provider')).toBe('novita')
    const body = await readBody(response)
    expect(body.choices).toHaveLength(2)
    expect(body.choices[1]?.finish_reason).toBe('length')
    expect(body.choices[1]?.message.reasoning_content).toContain('simulated reasoning')
    expect(body.usage.completion_tokens).toBe(40)
  })

  test('calls a tool that the user mentions, and speaks after its result', async () => {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }]
    const asked = { role: 'user', content: 'Call get_weather for Paris' }
    const call = await messageOf(await post(simulator.url, chat({ tools, messages: [asked] })))
    expect(call.tool_calls[0].function.name).toBe('get_weather')
    expect(JSON.parse(call.tool_calls[0].function.arguments)).toMatchObject({ simulated: true })
    const result = { role: 'tool', tool_call_id: call.tool_calls[0].id, content: '21 degrees' }
    const final = await messageOf(await post(simulator.url, chat({ tools, messages: [asked, call, result] })))
    expect(final.content).toContain('21 degrees')
    const unasked = await messageOf(await post(simulator.url, chat({ tools })))
    expect(unasked.tool_calls).toBeUndefined()
    const required = await messageOf(await post(simulator.url, chat({ tools, tool_choice: 'required' })))
    expect(required.tool_calls).toHaveLength(1)
  })

  test('counts usage in a last chunk without choices only where asked', async () => {
    const plain = await (await post(simulator.url, chat({ stream: true }))).text()
    const asked = await (
      await post(simulator.url, chat({ stream: true, stream_options: { include_usage: true } }))
    ).text()
    expect(plain).not.toContain('"usage"')
    expect(asked).toMatch(/"choices":\[\],"usage":\{"prompt_tokens":\d+/)
  })
})

describe('what the router refuses', () => {
  test.each<[what: string, body: unknown, status: number, says: string]>([
    ['a model that is not on its list', chat({ model: 'no/such' }), 400, 'model_not_supported'],
    ['a provider that does not serve the model', chat({ model: 'Qwen/Qwen3-8B:groq' }), 400, 'model_not_supported'],
    ['the role developer', chat({ messages: [{ role: 'developer', content: 'x' }] }), 422, 'developer'],
    ['a body without messages', { model: 'Qwen/Qwen3-8B' }, 422, 'messages'],
    ['a body that is not JSON', '{', 400, 'Invalid JSON'],
    ['a simulate that it cannot read', chat({ simulate: { fault: 'nope' } }), 400, 'Accepted'],
  ])('%s', async (_what, body, status, says) => {
    const response = await post(simulator.url, body)
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(says)
  })

  test('a missing token, where one is required, with an error that is a string', async () => {
    const strict = await startSimulator({ requireToken: true })
    const response = await post(strict.url, chat())
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'Invalid username or password.' })
    expect((await post(strict.url, chat({ max_tokens: 1 }), { authorization: 'Bearer x' })).status).toBe(200)
    await strict.close()
  })

  test('fields that it does not know are named in x-simulator-ignored', async () => {
    const response = await post(simulator.url, chat({ max_completion_tokens: 1, store: false }))
    expect(response.headers.get('x-simulator-ignored')).toBe('max_completion_tokens, store')
    expect((await readBody(response)).choices[0].finish_reason).toBe('stop')
  })
})

describe('the model list', () => {
  test('has the router’s shape, with its gaps', async () => {
    const { object, data } = await readBody(await fetch(`${simulator.url}/models`))
    expect(object).toBe('list')
    expect(data).toHaveLength(14)
    const offerings = data.flatMap(({ providers }) => providers)
    expect(offerings).toContainEqual(expect.objectContaining({ status: 'error' }))
    expect(offerings).toContainEqual({ provider: 'featherless-ai', status: 'live', is_model_author: false })
  })

  test('gives one model, its slash raw or encoded, and 404 for others', async () => {
    for (const id of ['Qwen/Qwen3-8B', 'Qwen%2FQwen3-8B']) {
      expect(await (await fetch(`${simulator.url}/models/${id}`)).json()).toMatchObject({ id: 'Qwen/Qwen3-8B' })
    }
    const missing = await fetch(`${simulator.url}/models/no/such`)
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ error: { code: 'model_not_found' } })
  })

  test('can be broken by a script', async () => {
    simulator.script(({ path }) => (path === '/v1/models' ? { fault: 'status', status: 500 } : undefined))
    expect((await fetch(`${simulator.url}/models`)).status).toBe(500)
    expect((await post(simulator.url, chat())).status).toBe(200)
    simulator.script(() => ({ fault: 'truncated_json' }))
    const text = await (await fetch(`${simulator.url}/models`)).text()
    expect(text).toMatch(/^\{"object":"list"/)
    expect(() => JSON.parse(text)).toThrow()
  })
})

describe('faults on the socket', () => {
  test.each<[fault: Fault, ended: string, complete: boolean]>([
    [{ fault: 'reset' }, 'reset', false],
    [{ fault: 'reset', moment: 'before_headers' }, 'reset', false],
    [{ fault: 'cut' }, 'closed', false],
    [{ fault: 'cut', moment: 'before_headers' }, 'closed', false],
    [{ fault: 'stall' }, 'open', false],
    [{ fault: 'no_headers' }, 'open', false],
    [{ fault: 'trickle', bytesPerSecond: 2 }, 'open', false],
    [{ fault: 'early_end' }, 'open', true],
    [{ fault: 'truncated_json' }, 'open', true],
    [{ fault: 'empty' }, 'open', true],
    [{ fault: 'none' }, 'open', true],
  ])('%o ends the connection as named: %s', async (fault, ended, complete) => {
    for (const stream of [true, false]) {
      const seen = await postRaw(simulator.url, chat({ stream, simulate: fault }), 200)
      expect(seen).toMatchObject({ ended, complete })
      const sent = fault.moment !== 'before_headers' && fault.fault !== 'no_headers'
      expect(seen.text.startsWith('HTTP/1.1 200 OK')).toBe(sent)
    }
  })

  test('after_first_token leaves exactly one token with the client before the reset', async () => {
    const { text } = await postRaw(simulator.url, chat({ stream: true, simulate: { fault: 'reset' } }))
    expect(text).toContain('"content":"This"')
    expect(text).not.toContain('"content":" is"')
  })

  test('invalid_utf8 sends bytes that no decoder takes, bom three bytes first', async () => {
    const bad = await post(simulator.url, chat({ stream: true, simulate: { fault: 'invalid_utf8' } }))
    const bytes = await bad.arrayBuffer()
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
    const marked = await post(simulator.url, chat({ stream: true, simulate: { fault: 'bom' } }))
    expect([...new Uint8Array(await marked.arrayBuffer()).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })

  test('split_every_byte sends HTTP chunks of one byte, and the text survives', async () => {
    const ask = chat({ stream: true, simulate: { fault: 'split_every_byte' } })
    const { text } = await postRaw(simulator.url, ask)
    const body = text.slice(text.indexOf('\r\n\r\n') + 4)
    expect(body.startsWith('1\r\nd\r\n1\r\na\r\n')).toBe(true)
    expect(await (await post(simulator.url, ask)).text()).toContain('🙂')
  })

  test('a status has its body and its Retry-After, a redirect its location, a page its type', async () => {
    const busy = await post(simulator.url, chat({ simulate: { fault: 'status', status: 429, retryAfter: '7' } }))
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await readBody(busy)).error.code).toBe('rate_limit_exceeded')
    const moved = await post(simulator.url, chat({ simulate: { fault: 'redirect', location: 'http://127.0.0.1:9/' } }))
    expect([moved.status, moved.headers.get('location')]).toEqual([307, 'http://127.0.0.1:9/'])
    const page = await post(simulator.url, chat({ simulate: { fault: 'html', status: 502 } }))
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html'])
  })

  test('a stream comes for JSON and JSON for a stream', async () => {
    const json = await post(simulator.url, chat({ stream: true, simulate: { fault: 'json_for_stream' } }))
    expect(json.headers.get('content-type')).toBe('application/json')
    expect((await readBody(json)).object).toBe('chat.completion')
    const stream = await post(simulator.url, chat({ simulate: { fault: 'stream_for_json' } }))
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    expect(await stream.text()).toContain('data: [DONE]')
  })

  test('slow waits before the first token', async () => {
    const simulate = { fault: 'slow', headersMs: 50, firstTokenMs: 100, perTokenMs: 0 }
    const startedAt = performance.now()
    const response = await post(simulator.url, chat({ stream: true, simulate }))
    expect(performance.now() - startedAt).toBeGreaterThan(45)
    await response.text()
    expect(performance.now() - startedAt).toBeGreaterThan(145)
  })
})

describe('scripts and what is remembered', () => {
  test('a script answers by model, with raw bytes as given', async () => {
    simulator.script(({ model }) =>
      model === 'any/thing'
        ? { kind: 'raw', status: 203, headers: { 'content-type': 'text/x' }, chunks: ['a', Uint8Array.of(0xff)] }
        : undefined,
    )
    const response = await post(simulator.url, chat({ model: 'any/thing' }))
    expect([response.status, response.headers.get('content-type')]).toEqual([203, 'text/x'])
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0x61, 0xff])
  })

  test('a completion says what it is told to, with faults on top', async () => {
    simulator.script(() => ({
      kind: 'completion',
      text: 'two words',
      reasoning: 'hm',
      provider: 'groq',
      usage: 'end',
      faults: [{ fault: 'no_done' }],
    }))
    const response = await post(simulator.url, chat({ stream: true }))
    expect(response.headers.get('x-inference-provider')).toBe('groq')
    const text = await response.text()
    expect(text).toContain('"reasoning_content":"hm"')
    expect(text).toContain('"content":" words"')
    expect(text).toContain('"usage":{')
    expect(text).not.toContain('[DONE]')
  })

  test('requests keep what was sent, byte for byte', async () => {
    const body =
      '{"model":"Qwen/Qwen3-8B","messages":[{"role":"user","content":"hi"}],"seed":12345678901234567890,"x":1e400}'
    await (await post(simulator.url, body, { 'x-test': 'yes' })).text()
    const [request] = simulator.requests
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      bodyText: body,
      model: 'Qwen/Qwen3-8B',
    })
    expect(request?.headers['x-test']).toBe('yes')
    await until(() => request?.closedAt !== undefined, 'the request is closed')
    expect(request?.closedBy).toBe('simulator')
  })

  test.each<[how: string, leave: 'resetAndDestroy' | 'end', simulate: Fault]>([
    ['resets while tokens come', 'resetAndDestroy', { fault: 'endless', delayMs: 5 }],
    ['resets in silence', 'resetAndDestroy', { fault: 'stall' }],
    ['closes while tokens come', 'end', { fault: 'endless', delayMs: 5 }],
    ['closes in silence', 'end', { fault: 'no_headers' }],
  ])('a client that %s is seen at once, and nothing more is sent', async (_how, leave, simulate) => {
    const { hostname, port } = new URL(simulator.url)
    const body = JSON.stringify(chat({ stream: true, simulate }))
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await until(() => simulator.requests[0]?.bodyText === body, 'the request arrived')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(simulator.openCount()).toBe(1)
    const leftAt = Date.now()
    socket[leave]()
    await until(() => simulator.openCount() === 0, 'nothing is open')
    expect(Date.now() - leftAt).toBeLessThan(200)
    expect(simulator.requests[0]?.closedBy).toBe('client')
  })

  test('a reset by the simulator counts as its own', async () => {
    await postRaw(simulator.url, chat({ stream: true, simulate: { fault: 'reset' } }))
    await until(() => simulator.openCount() === 0, 'nothing is open')
    expect(simulator.requests[0]?.closedBy).toBe('simulator')
  })

  test('close ends answers that hang', async () => {
    const other = await startSimulator()
    const hanging = post(other.url, chat({ simulate: { fault: 'no_headers' } })).catch(() => 'broken')
    await until(() => other.openCount() === 1, 'the request is open')
    await other.close()
    expect(await hanging).toBe('broken')
  })
})
