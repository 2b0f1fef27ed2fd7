import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'
import { ROUTER_BASE_URL } from '../router-facts.ts'
import type { ConfigDocument } from './config-schema.ts'

/** What OpenClaw's provider block says of the address belongs to the deployment here, so it must not differ. */
export function checkProvider(document: ConfigDocument, problems: Problem[]): void {
  const provider = document.models?.providers?.huggingface
  const refuse = (key: string, message: string) =>
    problems.push({ path: `models.providers.huggingface.${key}`, message })
  if (provider?.baseUrl !== undefined && provider.baseUrl.replace(/\/+$/, '') !== ROUTER_BASE_URL) {
    refuse('baseUrl', `must be ${ROUTER_BASE_URL} or absent; another upstream is set by HF_BASE_URL on the deployment`)
  }
}

/** Origins are compared as browsers write them. */
export function readOrigins(given: '*' | readonly string[], problems: Problem[]): readonly string[] {
  const origins = given === '*' ? [given] : given
  for (const [index, origin] of origins.entries()) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue
    problems.push({
      path: formatPath(['hugway', 'cors', 'origins', index]),
      message: 'must be "*" or an origin such as "https://chat.example.com", without a path',
    })
  }
  return origins
}
