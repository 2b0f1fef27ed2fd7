import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'

/** A value with every secret in it replaced, and where they stood. Never quotes one. */
export type Cleaned = { readonly value: unknown; readonly problems: readonly Problem[] }

/** In prose a word may follow as well, so it says nothing about a comment. */
const HEADER = /\bBearer\s+[\w.~+/=-]{8,}/gi
/**
 * What credentials look like in the middle of a text: Hugging Face's, OpenAI's and this gateway's keys, and a header. A
 * short one counts only where a model id cannot hold it.
 */
const SECRETS = [
  /(?<![\w/.-])hf_[A-Za-z0-9]{6,}|hf_[A-Za-z0-9]{24,}/g,
  /(?<![\w/.-])sk-[\w-]{6,}/g,
  /(?<![\w/.-])hw_[\w-]{24,}/g,
  HEADER,
]
const SECRET_KEYS = /^(?:x?apikey|(?:access|auth|bearer|hf)?token|authorization|passw(?:or)?d|(?:client)?secret)$/
const VARIABLE = /^(?:\$\{\w+\}|[A-Z][A-Z0-9_]*)$/
/** Stands where a secret stood; itself a reference, so that it is not taken for one. */
const PLACEHOLDER = `\${SECRET}`
const ADVICE = `must not hold a key: keep it as a secret of the deployment; its name may stand here, as in \${HF_TOKEN}`

/** Whether a text looks like a credential or has one in it. */
export function looksSecret(text: string): boolean {
  return withoutSecretText(text) !== text
}

/** A text with what looks like a credential replaced: for a document that cannot be read otherwise. */
export function withoutSecretText(text: string): string {
  return SECRETS.reduce((cleaned, pattern) => cleaned.replace(pattern, PLACEHOLDER), text)
}

/** Finds secrets in a document, also where nothing else is checked; references to variables are none. */
export function withoutSecrets(value: unknown): Cleaned {
  const problems: Problem[] = []
  const refuse = (path: Path) => {
    problems.push({ path: formatPath(path) || '(the document)', message: ADVICE })
    return PLACEHOLDER
  }
  const clean = (at: unknown, path: Path): unknown => {
    if (typeof at === 'string') return isSecret(at, path.at(-1)) ? refuse(path) : at
    if (Array.isArray(at)) return at.map((element, index) => clean(element, [...path, index]))
    if (typeof at !== 'object' || at === null) return at
    const members = Object.entries(at).map(([key, member]): [string, unknown] => {
      if (!looksSecret(key)) return [key, clean(member, [...path, key])]
      const shown = withoutSecretText(key)
      refuse([...path, shown])
      return [shown, clean(member, [...path, shown])]
    })
    return Object.fromEntries(members)
  }
  return { value: clean(value, []), problems }
}

/** The text of a document is kept as it was written, so its comments must not hold a key either. */
export function checkComments(text: string): readonly Problem[] {
  const isSecret = SECRETS.some((pattern) => text.search(pattern) !== -1 && pattern !== HEADER)
  return isSecret ? [{ path: '(a comment)', message: ADVICE }] : []
}

type Path = readonly (string | number)[]

function isSecret(text: string, key: string | number | undefined): boolean {
  if (VARIABLE.test(text)) return false
  return looksSecret(text) || (typeof key === 'string' && SECRET_KEYS.test(key.replace(/[-_]/g, '').toLowerCase()))
}
