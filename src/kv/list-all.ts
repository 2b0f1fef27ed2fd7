/** A name that KV lists, with its metadata. */
export type ListedName = { readonly name: string; readonly metadata?: unknown }

/** Every name under a prefix, in KV's order, which is ascending; one call for each page of a thousand. */
export async function* listAll(kv: KVNamespace, prefix: string): AsyncGenerator<ListedName> {
  for (let cursor: string | undefined, more = true; more; ) {
    const page: KVNamespaceListResult<unknown> = await kv.list({ prefix, ...(cursor !== undefined && { cursor }) })
    yield* page.keys
    more = !page.list_complete
    cursor = page.list_complete ? undefined : page.cursor
  }
}
