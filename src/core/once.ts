/** Makes a value when it is first asked for, and keeps it. A schema that nobody has asked for yet costs no start-up. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
