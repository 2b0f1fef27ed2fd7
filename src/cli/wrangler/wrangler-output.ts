import { stripVTControlCharacters } from 'node:util'

/** Lines that say nothing to someone who runs the Worker here. */
const NOISE = [
  /^Using (secrets|vars) defined in /,
  /^⎔ /,
  /^\[wrangler:info\] (Ready on|GET \/health ) ?/,
  /^🪵/,
  /^✨ Parsed \d+ valid header rules?/,
  /^\[custom build\] Running: /,
  /^✨ Parsed \d+ valid header rules?\./u,
  / ⛅️ wrangler /u,
  /^─+$/,
]

/** First lines of blocks of noise; what is indented below one belongs to it. */
const NOISY_BLOCKS = [/Scheduled Workers are not automatically triggered/, /Unable to fetch the `Request\.cf` object!/]

/** The first line of the bindings table, which ends with an empty line. */
const TABLE = /^Your Worker has access to the following bindings:/

/** Passes a line on (colours and all, without wrangler's own prefix), or drops it. */
export type LineFilter = (line: string) => readonly string[]

/**
 * Makes a filter for one stream of `wrangler dev`. What it does not know is passed on: errors of the build, uncaught
 * exceptions, and what the Worker logs. Of empty lines only those inside a message stay.
 *
 * @returns A function from one line, without its end, to the lines to print.
 */
export function createLineFilter(): LineFilter {
  let inside: 'text' | 'block' | 'table' = 'text'
  let isBlankDue = false
  return (line) => {
    const plain = stripVTControlCharacters(line).trimEnd()
    const isIndented = /^\s/.test(plain)
    if (plain === '') {
      if (inside === 'table') inside = 'text'
      isBlankDue = inside === 'text'
      return []
    }
    if (inside === 'table' || (inside === 'block' && (isIndented || /^\w*Error: /.test(plain)))) return []
    inside = blockThatStarts(plain)
    if (inside !== 'text' || NOISE.some((pattern) => pattern.test(plain))) return []
    const gap = isBlankDue && isIndented ? [''] : []
    isBlankDue = false
    return [...gap, line.replace(/^\[wrangler:info\] /, '')]
  }
}

function blockThatStarts(plain: string): 'text' | 'block' | 'table' {
  if (TABLE.test(plain)) return 'table'
  return NOISY_BLOCKS.some((pattern) => pattern.test(plain)) ? 'block' : 'text'
}
