import type { Draft } from './draft.ts'
import { DESTROY, HANG, RESET, type Step } from './steps.ts'

/**
 * Plans a fault that strikes before anything is sent. A clean end is then a closed connection, too.
 *
 * @returns `undefined` for another moment, and for faults that need headers first: they strike right after them.
 */
export function planBeforeHeaders(breaking: Draft['breaking']): Step[] | undefined {
  if (breaking?.moment !== 'before_headers') return undefined
  switch (breaking.fault) {
    case 'reset':
      return [...RESET]
    case 'stall':
    case 'no_headers':
      return [HANG]
    case 'cut':
    case 'early_end':
      return [...DESTROY]
    default:
      return undefined
  }
}
