/** What a tool is called by the client: custom tools take free text, tools of a namespace have two names. */
export type ClientTool = {
  readonly kind: 'function' | 'custom'
  readonly name: string
  readonly namespace?: string | undefined
}

/** The names that the model sees, and the way back from them. */
export type ToolNames = {
  /** The name that the model sees of a tool; the same one each time it is asked for. */
  toModel(tool: ClientTool): string
  /** The client's tool behind a name; a function of that very name where the model made one up. */
  toClient(name: string): ClientTool
}

/** What providers take for a function's name. */
const MAX_NAME = 64

/** Names for one request: `namespace__name`, shortened where it is too long, numbered where it is taken. */
export function createToolNames(): ToolNames {
  const tools = new Map<string, ClientTool>()
  const names = new Map<string, string>()
  return {
    toModel(tool) {
      const key = JSON.stringify([tool.namespace ?? null, tool.name])
      const known = names.get(key)
      if (known !== undefined) return known
      const full = tool.namespace === undefined ? tool.name : `${tool.namespace}__${tool.name}`
      const name = unusedName(full, tools)
      tools.set(name, tool)
      names.set(key, name)
      return name
    },
    toClient: (name) => tools.get(name) ?? { kind: 'function', name },
  }
}

function unusedName(full: string, taken: ReadonlyMap<string, unknown>): string {
  const short = full.replace(/[^\w-]/g, '_').slice(0, MAX_NAME)
  if (!taken.has(short)) return short
  // Counting from how many there are finds a free number at once, however many tools end up with one name.
  const suffix = `_${taken.size}`
  return `${short.slice(0, MAX_NAME - suffix.length)}${suffix}`
}
