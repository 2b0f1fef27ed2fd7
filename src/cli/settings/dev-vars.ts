import { parseDevVars } from './local-settings.ts'

/**
 * Sets one variable in the text of a `.dev.vars`. Every other line stays as it is, comments included.
 *
 * @throws When the value cannot be written there.
 */
export function setDevVar(text: string, name: string, value: string): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const assignment = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`)
  const at = lines.findLastIndex((line) => assignment.test(line)) // of two, the last one counts
  const isOverLines = /=\s*(["'`])(?:(?!\1).)*$/.test(lines[at] ?? '')
  const line = `${name}=${/^[\w.:/@+-]*$/.test(value) ? value : `'${value}'`}`
  const edited = `${(at === -1 ? [...lines, line] : lines.with(at, line)).join('\n')}\n`
  const wanted = { ...parseDevVars(text), [name]: value }
  const got = parseDevVars(edited)
  const isSame = Object.keys({ ...wanted, ...got }).every((key) => wanted[key] === got[key])
  if (isOverLines || !isSame) throw new Error(`.dev.vars cannot be edited safely: set ${name} there by hand`)
  return edited
}
