import { describe, expect, test } from 'vitest'
import { type Env, readSettings } from '../../src/settings.ts'
import { ADMIN_TOKEN, errorOf, HF_TOKEN, MESSAGES, ROUTER, startGateway, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

const chat = ['POST', '/v1/chat/completions', undefined] as const
const models = ['GET', '/v1/models', undefined] as const
const admin = ['PUT', '/admin/config', ADMIN_TOKEN] as const

describe('a setting that is missing or bad is named on every route that needs it, and the value is not told', () => {
  const none = undefined as unknown as KVNamespace
  test.each<
    [title: string, settings: Partial<Env>, routes: (typeof chat | typeof models | typeof admin)[], name: string]
  >([
    ['no KV', { HUGWAY_KV: none }, [chat, models, admin], 'HUGWAY_KV'],
    ['no token', { HF_TOKEN: '' }, [chat], 'HF_TOKEN'],
    ['a token of spaces', { HF_TOKEN: ' \n ' }, [chat], 'HF_TOKEN'],
    ['a token with a line break inside', { HF_TOKEN: 'hf_bad\nx-evil: 1' }, [chat], 'HF_TOKEN'],
    ['a hub token that no header can carry', { HUGGINGFACE_HUB_TOKEN: 'hf_bäd' }, [chat], 'HUGGINGFACE_HUB_TOKEN'],
    ['an address that is none', { HF_BASE_URL: 'bad-address' }, [chat, models], 'HF_BASE_URL'],
    ['an address of another protocol', { HF_BASE_URL: 'file:///bad' }, [chat, models], 'HF_BASE_URL'],
    ['an address with credentials', { HF_BASE_URL: 'https://u:bad@x.test' }, [chat, models], 'HF_BASE_URL'],
    ['an address with a query', { HF_BASE_URL: 'https://x.test/?bad' }, [chat, models], 'HF_BASE_URL'],
    ['a payer that no header can carry', { HF_BILL_TO: 'bad org' }, [chat], 'HF_BILL_TO'],
    ['no admin token', { HUGWAY_ADMIN_TOKEN: '' }, [admin], 'HUGWAY_ADMIN_TOKEN'],
    ['an admin token that could be guessed', { HUGWAY_ADMIN_TOKEN: 'bad-tokn-15char' }, [admin], 'HUGWAY_ADMIN_TOKEN'],
    ['one key for clients and the admin', { HUGWAY_API_KEY: ADMIN_TOKEN }, [models, admin], 'HUGWAY_ADMIN_TOKEN'],
    ['a key that no header can carry', { HUGWAY_API_KEY: 'bad key' }, [chat, models], 'HUGWAY_API_KEY'],
  ])('%s', async (_title, settings, routes, name) => {
    const gateway = await startGateway(undefined, settings)
    for (const [method, path, key] of routes) {
      const body = method === 'GET' ? {} : { body: JSON.stringify({ messages: MESSAGES }) }
      const response = await gateway.ask(path, { method, ...(key && { key }), ...body })
      expect(response.status, path).toBe(503)
      const error = await errorOf(response)
      expect(error).toMatchObject({ code: 'not_configured', message: expect.stringContaining(name) })
      expect(error.message).not.toContain('bad')
    }
    expect(gateway.calls).toEqual([])
    expect(gateway.logs.join()).not.toMatch(/ at .*\.ts/)
  })

  test('the list of models needs no token', async () => {
    const { ask } = await startGateway(undefined, { HF_TOKEN: '' })
    expect((await ask('/v1/models')).status).toBe(200)
  })
})

describe('what is read', () => {
  test.each<[title: string, settings: Env, read: Record<string, unknown>]>([
    ['the hub token before the other', { HUGGINGFACE_HUB_TOKEN: 'hf_1', HF_TOKEN: 'hf_2' }, { routerToken: 'hf_1' }],
    ['the other where the first is empty', { HUGGINGFACE_HUB_TOKEN: '', HF_TOKEN: 'hf_2' }, { routerToken: 'hf_2' }],
    ['a token without the line break that a pipe has left', { HF_TOKEN: 'hf_2\n' }, { routerToken: 'hf_2' }],
    ['the router’s own address', {}, { routerBaseUrl: 'https://router.huggingface.co/v1' }],
    [
      'an address without its last slash',
      { HF_BASE_URL: 'http://127.0.0.1:9/v1//' },
      { routerBaseUrl: 'http://127.0.0.1:9/v1' },
    ],
    ['who pays', { HF_BILL_TO: 'my-org' }, { billTo: 'my-org' }],
  ])('%s', (_title, settings, read) => {
    expect(readSettings(settings)).toMatchObject(read)
  })

  test('goes up, and nothing else of it', async () => {
    const { chat: send, calls } = await startGateway(() => new Response(WHOLE), { HF_BILL_TO: 'my-org' })
    await send({ messages: MESSAGES })
    const [call] = calls
    expect(call).toMatchObject({ url: `${ROUTER}/chat/completions`, method: 'POST', redirect: 'manual' })
    expect(call?.headers.get('authorization')).toBe(`Bearer ${HF_TOKEN}`)
    expect(call?.headers.get('x-hf-bill-to')).toBe('my-org')
  })
})
