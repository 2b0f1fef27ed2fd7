import type * as z from 'zod/mini'
import { nearestOf } from '../../json/nearest.ts'

/** What to say of a key that a schema does not know at `path`: the nearest one that it knows, else all of them. */
export function adviceFor(key: string, schema: z.ZodMiniType, path: readonly PropertyKey[]): string {
  const known = knownKeysAt(schema, path)
  const nearest = nearestOf(key, known)
  return nearest ? `did you mean "${nearest}"?` : `known here: ${known.join(', ')}`
}

/** Walks the schema, so that the list of known keys cannot drift from what is accepted. */
function knownKeysAt(schema: z.ZodMiniType, path: readonly PropertyKey[]): string[] {
  let at: Walkable | undefined = schema as unknown as Walkable
  for (const key of path) at = objectIn(at)?.shape?.[String(key)] ?? objectIn(at)?.valueType ?? objectIn(at)?.element
  return Object.keys(objectIn(at)?.shape ?? {})
}

type Walkable = { readonly _zod: { readonly def: Definition } }
type Definition = {
  readonly shape?: Readonly<Record<string, Walkable>>
  readonly valueType?: Walkable
  readonly element?: Walkable
  readonly innerType?: Walkable
  readonly options?: readonly Walkable[]
}

function objectIn(schema: Walkable | undefined): Definition | undefined {
  const definition = schema?._zod.def
  if (definition?.innerType) return objectIn(definition.innerType)
  if (definition?.options) return definition.options.map(objectIn).find((option) => option?.shape)
  return definition
}
