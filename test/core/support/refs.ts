import { type Config, parseConfig } from '../../../src/core/config/config.ts'
import { formatModelRef, type ModelRef, parseModelRef } from '../../../src/core/routing/model-ref.ts'

/** A ref that a test is sure of. */
export function refOf(text: string): ModelRef {
  const parsed = parseModelRef(text)
  if (!parsed.ok) throw new Error(`the test names a bad ref: ${text}`)
  return parsed.value
}

/** A configuration that a test is sure of. */
export function configOf(document: unknown): Config {
  const parsed = parseConfig(typeof document === 'string' ? document : JSON.stringify(document))
  if (!parsed.ok) throw new Error(`the test writes a bad document: ${JSON.stringify(parsed.error)}`)
  return parsed.value.config
}

/** Refs as a reader writes them. */
export function textsOf(refs: readonly ModelRef[]): string[] {
  return refs.map((ref) => formatModelRef(ref).replace('huggingface/', ''))
}
