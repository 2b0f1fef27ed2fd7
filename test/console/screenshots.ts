/** `npm run screenshots`: the pictures of the console that stand in the README, made of a gateway that was used a little. */
import { mkdirSync } from 'node:fs'
import { startBrowser } from './support/browser.ts'
import { ADMIN_TOKEN, startConsole } from './support/start-console.ts'

const TARGET = 'docs/images'
const FIRST = 'huggingface/deepseek-ai/DeepSeek-R1'
const SECOND = 'huggingface/Qwen/Qwen3-32B'
const QUESTION = [{ role: 'user', content: 'Say hello and name a colour.' }]
const CONFIG = `{
  // What our team calls its models.
  agents: {
    defaults: {
      model: { primary: "${FIRST}", fallbacks: ["${SECOND}"] },
      models: { "${SECOND}": { alias: "Quick" } },
    },
  },
  hugway: {
    projects: {
      search: { name: "Search", budget: { usd: 25, per: "month" } },
    },
  },
}
`

const gateway = await startConsole(2)
const browser = await startBrowser()
try {
  mkdirSync(TARGET, { recursive: true })
  await use()
  const page = await browser.newPage({ viewport: { width: 1120, height: 860 }, colorScheme: 'light' })
  await page.goto(`${gateway.url}/console/`)
  await page.getByLabel('Admin token or client key').fill(ADMIN_TOKEN)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  const shoot = async (name: string, fullPage = false) => {
    await page.waitForTimeout(1_500)
    await page.evaluate('window.scrollTo(0, 0)')
    await page.screenshot({ path: `${TARGET}/console-${name}.png`, fullPage })
    console.log(`wrote ${TARGET}/console-${name}.png`)
  }
  await page.getByLabel('Time', { exact: true }).selectOption('1')
  await shoot('overview', true)
  await page.goto(`${gateway.url}/console/#/playground`)
  await page.getByLabel('Rehearse').selectOption('429')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await page.getByText('It cost', { exact: false }).waitFor()
  await shoot('playground')
  await page.goto(`${gateway.url}/console/#/requests`)
  await shoot('requests')
  await page.goto(`${gateway.url}/console/#/configuration`)
  const area = page.getByRole('textbox', { name: /^The document/ })
  await area.waitFor()
  await area.fill(CONFIG.replace('usd: 25', 'usd: 40'))
  await page.getByText('What saving changes').waitFor()
  await shoot('configuration')
} finally {
  await browser.close()
  await gateway.close()
}

/** A team's morning: two keys, several models, a few that fail. */
async function use(): Promise<void> {
  await gateway.asAdmin('/admin/config', { method: 'PUT', body: CONFIG })
  const keys = await Promise.all(
    [{ name: 'ann', project: 'search' }, { name: 'nightly job' }].map(async (body) => {
      const made = await gateway.asAdmin('/admin/keys', { method: 'POST', body: JSON.stringify(body) })
      return ((await made.json()) as { key: string }).key
    }),
  )
  for (let count = 0; count < 40; count++) {
    const model = [FIRST, 'Quick', 'huggingface/Qwen/Qwen3-8B', 'not a model'][count % (count % 5 === 0 ? 4 : 3)]
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[count % 2]}` },
      body: JSON.stringify({ model, stream: count % 3 > 0, messages: QUESTION }),
    })
    await response.text()
  }
}
