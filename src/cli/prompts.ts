import {
  confirm as askConfirm,
  autocomplete,
  autocompleteMultiselect,
  isCancel,
  password,
  select,
  text,
} from '@clack/prompts'
import { CommandError } from './command-error.ts'

/** One thing to choose; `hint` is shown beside it. */
export type Choice = { readonly value: string; readonly label: string; readonly hint?: string }

const VISIBLE_CHOICES = 10

/** Every word that is typed is looked for by itself: "r1 chea" finds `DeepSeek R1 (cheapest)`. */
export function hasEveryWord(search: string, { label = '', hint = '', value }: Partial<Choice>): boolean {
  const text = `${label} ${hint} ${String(value)}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Yes or no. Every question here throws {@link CommandError} when it is cancelled. */
export async function confirm(message: string, initialValue: boolean): Promise<boolean> {
  return answered(await askConfirm({ message, initialValue }))
}

/** One of a few. */
export async function choose(message: string, options: readonly Choice[], initialValue?: string): Promise<string> {
  return answered(await select({ message, options: [...options], ...(initialValue !== undefined && { initialValue }) }))
}

/** One of many, found by typing a part of it. */
export async function search(message: string, options: readonly Choice[], initialValue?: string): Promise<string> {
  const given = {
    options: [...options],
    maxItems: VISIBLE_CHOICES,
    placeholder: 'type to search',
    filter: hasEveryWord,
  }
  return answered(await autocomplete({ message, ...given, ...(initialValue !== undefined && { initialValue }) }))
}

/** Any number of many. */
export async function searchSeveral(
  message: string,
  options: readonly Choice[],
  initialValues: readonly string[],
): Promise<readonly string[]> {
  const given = {
    options: [...options],
    maxItems: VISIBLE_CHOICES,
    placeholder: 'type to search',
    filter: hasEveryWord,
  }
  return answered(await autocompleteMultiselect({ message, ...given, initialValues: [...initialValues] }))
}

/** A line of text. @param check Says what is wrong with it, or nothing. */
export async function ask(
  message: string,
  initialValue: string,
  check: (value: string) => string | undefined,
): Promise<string> {
  return answered(await text({ message, initialValue, validate: (value) => check(value ?? '') }))
}

/** A line that is not shown. */
export async function askSecret(message: string, check: (value: string) => string | undefined): Promise<string> {
  return answered((await password({ message, validate: (value) => check(value ?? '') })) ?? '')
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CommandError('Cancelled. Nothing was written.')
  return answer as Exclude<T, symbol> // the symbol of a cancelled question is the only one
}
