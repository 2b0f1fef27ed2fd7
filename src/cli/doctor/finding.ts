/** One line of `hugway doctor`: what was looked at, what was seen, and what to do about it. */
export type Finding = {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'failure'
  readonly text: string
  readonly todo?: string
}

export const fine = (check: string, text: string): Finding => ({ check, level: 'ok', text })
export const warning = (check: string, text: string, todo: string): Finding => ({ check, level: 'warning', text, todo })
export const failure = (check: string, text: string, todo: string): Finding => ({ check, level: 'failure', text, todo })

/** The same finding where what is wrong keeps nothing from working. */
export const softened = (finding: Finding): Finding =>
  finding.level === 'failure' ? { ...finding, level: 'warning' } : finding

const MARKS = { ok: 'ok     ', warning: 'warning', failure: 'FAILURE' }

/** A finding as it is printed; what to do stands below it. */
export function formatFinding({ check, level, text, todo }: Finding): string {
  return `${MARKS[level]}  ${check}: ${text}${todo === undefined ? '' : `\n         -> ${todo}`}`
}
