import JSON5 from 'json5'
import type { Problem } from './errors.ts'
import { err, ok, type Result } from './result.ts'

/** `JSON.stringify` overflows the stack at some thousands. */
const MAX_DEPTH = 100

/** Reads JSON or JSON5. A problem names line and column and quotes one character at most. Never throws. */
export function parseDocumentText(text: string): Result<unknown, readonly Problem[]> {
  const refuse = (message: string) => err([{ path: '(the document)', message }])
  let value: unknown
  try {
    value = JSON5.parse(text)
  } catch (error) {
    // JSON5's message names line and column and quotes one character: nothing of the document leaks.
    return refuse(error instanceof Error ? error.message.replace(/^JSON5: /, 'not JSON or JSON5: ') : 'not JSON')
  }
  const trap = findTrap(value)
  return trap ? refuse(trap) : ok(value)
}

/** What JSON can hold and neither Zod nor `JSON.stringify` can carry on. */
function findTrap(root: unknown): string | undefined {
  const open = [{ value: root, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (typeof value !== 'object' || value === null) continue
    // Zod leaves this key out without a word; nothing a person wrote may be dropped.
    if (Object.hasOwn(value, '__proto__')) return 'the key "__proto__" is not accepted anywhere'
    if (depth > MAX_DEPTH) return `lists and objects may be nested ${MAX_DEPTH} deep`
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 })
  }
  return undefined
}
