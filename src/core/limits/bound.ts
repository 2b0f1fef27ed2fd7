/** Whose bound it is. `name` for people, `id` for machines: a key's id or a project's. */
export type BoundOwner = { readonly kind: 'key' | 'project'; readonly id: string; readonly name: string }

/** `the key "laptop"`, `the project "research"`. */
export function describeOwner({ kind, name }: BoundOwner): string {
  return `the ${kind} "${name}"`
}
