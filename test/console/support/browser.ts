import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine: the one that HUGWAY_CHROMIUM names, else Debian's. */
export const BROWSER_PATH = [process.env['HUGWAY_CHROMIUM'] ?? '', ...PLACES].find(
  (path) => path !== '' && existsSync(path),
)

/** @throws Where there is none. */
export function startBrowser(): Promise<Browser> {
  if (BROWSER_PATH === undefined) throw new Error('there is no Chromium on this machine: apt-get install chromium')
  return chromium.launch({ executablePath: BROWSER_PATH, args: ['--no-sandbox', '--disable-gpu'] })
}

/** What a page must not do: a message of its policy, an error that nobody caught, a request to another host. */
export function watchPage(page: Page, origin: string): string[] {
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security|TrustedHTML|Refused/.test(message.text()))
      wrong.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) wrong.push(`asked ${request.url()}`)
  })
  return wrong
}
