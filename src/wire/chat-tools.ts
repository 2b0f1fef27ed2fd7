import type { Fields } from './chat/chunk.ts'

/** A function as the model is shown it. */
export type FunctionTool = {
  readonly name: string
  readonly description: unknown
  readonly parameters: unknown
  readonly isStrict: boolean
}

/** A function tool as chat completions write it. A function without parameters gets the schema of none. */
export function toChatTool({ name, description, parameters, isStrict }: FunctionTool): Fields {
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' && description !== '' && { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
      ...(isStrict && { strict: true }),
    },
  }
}

/** The choice of one tool, as chat completions write it. */
export function toNamedChoice(name: string): Fields {
  return { type: 'function', function: { name } }
}
