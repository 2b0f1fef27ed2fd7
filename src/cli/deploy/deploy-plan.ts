import { DEFAULT_TEAM } from './deployments.ts'

/** One step of a deployment, as it is told before it is taken. */
export type PlannedStep = { readonly title: string; readonly command: string }

/** What a deployment is called everywhere. */
export type DeployNames = {
  readonly team: string
  readonly workerName: string
  /** The title of its KV namespace. */
  readonly namespaceTitle: string
}

/** The names of a team's deployment. */
export function deployNames(team: string, workerName: string): DeployNames {
  return { team, workerName, namespaceTitle: `${workerName}-HUGWAY_KV` }
}

/** Whether it is the deployment of those who name none. */
export const isDefaultTeam = (team: string) => team === DEFAULT_TEAM

/**
 * Every step in order, for `--dry-run`. The commands are what is run; a secret's value is never a part of one.
 *
 * @param namespaceId Known where `wrangler.toml` has it already.
 */
export function planDeploy(
  { team, workerName, namespaceTitle }: DeployNames,
  namespaceId: string | undefined,
  secretNames: readonly string[],
  configSource: string | undefined,
): readonly PlannedStep[] {
  const id = namespaceId ?? 'ID'
  const find: PlannedStep[] = namespaceId
    ? [{ title: `KV namespace ${namespaceId}, as wrangler.toml says`, command: '(nothing to do)' }]
    : [
        { title: `Find the KV namespace ${namespaceTitle}`, command: 'wrangler kv namespace list' },
        { title: 'or create it', command: `wrangler kv namespace create ${namespaceTitle}` },
        { title: `Add [env.${team}] to wrangler.toml, with that id`, command: '(edits the file, keeps the rest)' },
      ]
  return [
    { title: 'Check who is logged in at Cloudflare', command: 'wrangler whoami --json' },
    ...find,
    { title: 'See which secrets are set', command: `wrangler secret list --env ${team}` },
    {
      title: `Put those of ${secretNames.join(', ')} that are missing`,
      command: `wrangler secret bulk --env ${team}   (values through standard input)`,
    },
    {
      title: 'See whether it has a configuration',
      command: `wrangler kv key get config --text --namespace-id ${id} --remote`,
    },
    configSource
      ? {
          title: `Upload ${configSource}`,
          command: `wrangler kv key put config --path FILE --namespace-id ${id} --remote`,
        }
      : { title: 'No configuration to upload', command: '(the built-in one is used)' },
    { title: `Deploy the Worker ${workerName}`, command: `wrangler deploy --env ${team} --keep-vars` },
    { title: 'Check it live', command: 'GET /health, GET /v1/models, POST /v1/chat/completions' },
  ]
}
