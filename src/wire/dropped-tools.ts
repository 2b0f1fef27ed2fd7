const MAX_NAMED = 16

/** The types of tools that a request lost, each once, and only those that a header and a log may hold. */
export function namesOfDropped(types: readonly string[]): readonly string[] {
  return [...new Set(types)].filter((type) => /^[\w.-]{1,64}$/.test(type)).slice(0, MAX_NAMED)
}

/** Tells a client which of its tools no model was shown. */
export function droppedToolsHeader(names: readonly string[]): Readonly<Record<string, string>> {
  return names.length > 0 ? { 'x-hugway-dropped-tools': names.join(', ') } : {}
}
