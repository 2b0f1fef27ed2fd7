import { type Case, CHAINS } from './case.ts'
import { CASES } from './cases.ts'

/** Of every row one streamed case and one JSON case, with a chain that changes from row to row. All: `npm run matrix`. */
export function pickCases(): Case[] {
  const byCell = Map.groupBy(
    CASES.filter(({ clients }) => clients === 1),
    ({ fault, moment, stream }) => `${fault}/${moment}/${stream}`,
  )
  return [...byCell.values()].flatMap((cell, index) => {
    const wanted = CHAINS[index % CHAINS.length]
    return cell.find(({ chain }) => chain === wanted) ?? cell[0] ?? []
  })
}

/** A case in words. */
export const titleOf = ({ fault, moment, stream, chain, clients }: Case) =>
  `${fault}${moment ? `, ${moment}` : ''}, ${stream ? 'streamed' : 'JSON'}, ${chain}, ${clients} at once`
