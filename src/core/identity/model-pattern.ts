import { parseModelRef } from '../routing/model-ref.ts'

/** `org/*`, with or without the prefix. */
const ORGANISATION = /^(?:huggingface\/)?([\w.-]{1,96})\/\*$/i

/** The organisation all of whose models a text means; `undefined` for any other text. */
export const organisationOf = (text: string) => ORGANISATION.exec(text)?.[1]

/** Whether a text can stand in a list of models: an alias, a ref, or every model of an organisation. */
export function isModelPattern(text: string, isAlias: (alias: string) => boolean): boolean {
  return organisationOf(text) !== undefined || parseModelRef(text).ok || isAlias(text)
}
