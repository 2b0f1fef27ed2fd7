import { COMMAND } from '../command-name.ts'
import type { LocalSettings, SourcedKey } from '../settings/local-settings.ts'

const QUESTION = '{"model":"default","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'

/**
 * What is printed once the Worker answers: where, what is behind it, and commands that work as they are.
 *
 * @param problems The Worker's own sentences about settings that are bad.
 * @param consoleUrl Signs in by itself, so it is printed and never logged elsewhere.
 */
export function formatReady(
  url: string,
  settings: LocalSettings,
  problems: readonly string[],
  consoleUrl: string,
): string {
  const { router, apiKey, adminToken, vars } = settings
  const behind =
    router.kind === 'simulator'
      ? 'No HF_TOKEN: answers come from a simulator (set HF_TOKEN in the environment or in .dev.vars for real ones).'
      : `Answers come from ${vars['HF_BASE_URL'] ?? "Hugging Face's router"}, with ${router.tokenName}.`
  const key = describeKey('HUGWAY_API_KEY', apiKey)
  const admin = describeKey('HUGWAY_ADMIN_TOKEN', adminToken)
  return [
    '',
    `hugway is ready on ${url}`,
    behind,
    ...problems.map((problem) => `Note: ${problem}`),
    'See it in the browser (the link signs in once, within five minutes):',
    `  ${consoleUrl}`,
    `  client key   ${key.told}`,
    `  admin token  ${admin.told}`,
    'Stream an answer:',
    ...(apiKey.source === '.dev.vars'
      ? [`  eval "$(${COMMAND} connect env --url ${url})"   # sets HUGWAY_API_KEY`]
      : []),
    `  curl -N ${url}/v1/chat/completions -H "authorization: Bearer ${key.inShell}" -H "content-type: application/json" -d '${QUESTION}'`,
    'See the configuration (PUT a document there to replace it):',
    adminToken.source === 'local'
      ? `  curl ${url}/admin/config -H "authorization: Bearer ${adminToken.value}"`
      : `  ${COMMAND} config get --url ${url}`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n')
}

function describeKey(name: string, { value, source }: SourcedKey): { told: string; inShell: string } {
  if (source === 'local') return { told: value, inShell: value }
  const where = source === 'environment' ? 'of the environment' : 'of .dev.vars'
  return { told: `the ${name} ${where}`, inShell: `$${name}` }
}
