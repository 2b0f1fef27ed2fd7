import type { Context } from 'hono'
import { type Health, reportHealth } from '../../gateway/report-health.ts'
import { type App, type AppDeps, type AppEnv, NO_STORE, refuseOtherMethods, waitUntilOf } from '../deps.ts'
import { originOf } from '../paths.ts'

const PATH = '/'
const LINKS = { console: '/console/', health: '/health', openapi: '/openapi.json', schema: '/schema/config.json' }

/** `GET /`, without a key: a page for a browser, the same facts as JSON for everybody else. */
export function serveRoot(app: App, deps: AppDeps): void {
  app.get(PATH, async (c) => {
    const { status, settings } = await reportHealth(deps, { waitUntil: waitUntilOf(c.executionCtx) })
    const headers = { ...NO_STORE, vary: 'accept' }
    if (!wantsPage(c)) return Response.json({ name: 'hugway', status, api: '/v1', ...LINKS }, { headers })
    const nonce = deps.newId()
    return new Response(toPage(originOf(c.req.url) ?? '', status, settings, nonce), {
      headers: {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      },
    })
  })
  refuseOtherMethods(app, PATH, ['GET'])
}

/** A browser names HTML; curl and the SDKs name JSON or take anything. */
const wantsPage = (c: Context<AppEnv>) => /\btext\/html\b/.test(c.req.header('accept') ?? '')

const STATUS_WORDS: Record<Health['status'], string> = {
  ok: 'It is ready.',
  degraded: 'It serves, but something is wrong: <a href="/health">/health</a> says what.',
  not_configured: 'It cannot serve yet:',
}

function toPage(origin: string, status: Health['status'], problems: readonly string[], nonce: string): string {
  const list = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('')
  const question = '{"model":"default","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'
  const curl = `curl -N ${origin}/v1/chat/completions -H "authorization: Bearer $HUGWAY_API_KEY" -H "content-type: application/json" -d '${question}'`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>hugway</title><style nonce="${nonce}">body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}pre{overflow-x:auto;padding:1rem;border:1px solid #8888;border-radius:.4rem}</style><main><h1>hugway</h1><p>An OpenAI-compatible endpoint in front of Hugging Face’s router. ${STATUS_WORDS[status]}</p>${list && `<ul>${list}</ul>`}<p><a href="${LINKS.console}">Open the console</a>: usage, requests, a playground, models, configuration and keys.</p><p>Stream an answer with a client key:</p><pre tabindex="0"><code>${escapeHtml(curl)}</code></pre><p>For programs: <a href="${LINKS.openapi}">OpenAPI</a>, <a href="${LINKS.schema}">the configuration’s schema</a>, <a href="${LINKS.health}">health</a>.</p></main></html>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
