/** Writes one line of JSON. Fields are facts about a request, never its content, a key or a token. */
export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void
