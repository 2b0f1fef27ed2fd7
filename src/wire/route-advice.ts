const SERVED =
  'This gateway serves POST /v1/chat/completions, POST /v1/responses, POST /v1/messages and GET /v1/models.'

/** The paths that clients append to the base URL that they were given. */
const APPENDED =
  /\/(chat\/completions|completions|responses|embeddings|models(?:\/.*)?|messages(?:\/count_tokens)?)\/?$/

/**
 * Says what to do instead of asking a path that nothing is served at: a wrong base URL shows in what the client has put
 * before or left out of its own part of the path.
 *
 * @param origin The address that the client called, where it is one.
 * @returns Nothing for a path that no client of a model API asks for.
 */
export function adviseOnPath(path: string, origin = ''): string | undefined {
  const [, appended = ''] = APPENDED.exec(path) ?? []
  if (appended.startsWith('messages') && path !== `/v1/${appended}`) {
    return `Clients of the Messages API take ${origin === '' ? 'the address of this gateway, without /v1,' : origin} as base URL.`
  }
  const isMisplaced = appended !== '' && path !== `/v1/${appended}`
  const base = isMisplaced
    ? `The base URL is ${origin === '' ? 'the address of this gateway and /v1' : `${origin}/v1`}. `
    : ''
  return isMisplaced || path.startsWith('/v1/') ? base + SERVED : undefined
}
