import { CommandError, usageError } from '../command-error.ts'
import { type Answer, call, errorTextOf, fieldOf, listOf } from './http-call.ts'
import { orStart, type WorkerAccess } from './worker-access.ts'

/** A version of the configuration, as the Worker lists it. */
export type ConfigVersion = {
  readonly id: string
  readonly at: string
  readonly author: string
  readonly action: string
  readonly active: boolean
  readonly of?: string
}

/** The Worker's `/admin`, in this command's words. Everything throws {@link CommandError}. */
export type AdminClient = {
  readonly url: string
  request(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

/** @throws {CommandError} Where the admin token is not known. */
export function createAdminClient({ url, adminToken }: WorkerAccess): AdminClient {
  if (adminToken === undefined) {
    throw usageError(`No admin token of ${url} is known here: put it into HUGWAY_ADMIN_TOKEN${orStart(url)}`)
  }
  return {
    url,
    async request(method, path, body, headers = {}) {
      const answer = await call(`${url}/admin${path}`, {
        method,
        headers: {
          authorization: `Bearer ${adminToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      })
      if (answer.status >= 200 && answer.status < 300) return answer
      throw new CommandError(describeRefusal(url, answer))
    },
  }
}

/** The version list of a Worker, newest first, as one page. */
export async function listVersions(client: AdminClient, limit: number): Promise<readonly ConfigVersion[]> {
  const { body } = await client.request('GET', `/config/versions?limit=${limit}`)
  return listOf(fieldOf(body, 'versions')).map((one) => one as ConfigVersion)
}

function describeRefusal(url: string, answer: Answer): string {
  const code = fieldOf(fieldOf(answer.body, 'error'), 'code')
  if (answer.status === 401) return `${url} refused the admin token: is HUGWAY_ADMIN_TOKEN this Worker's?`
  if (answer.status === 412) {
    return 'Somebody changed the configuration in the meantime; nothing was written. Look at it and try again.'
  }
  if (answer.status === 404 && code === 'unknown_route')
    return `${url} has no such address: deploy the current version.`
  const error = fieldOf(answer.body, 'error')
  const problems = listOf(fieldOf(error, 'problems')).map(
    (one) => `\n  ${String(fieldOf(one, 'path'))}: ${String(fieldOf(one, 'message'))}`,
  )
  return `${url} answered ${answer.status}: ${errorTextOf(answer)}${problems.join('')}`
}
