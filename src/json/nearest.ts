/** The candidate that `word` is most likely a slip of, if any is near: a third of its letters, or two, may differ. */
export function nearestOf(word: string, candidates: readonly string[]): string | undefined {
  const maxEdits = (candidate: string) => Math.max(2, candidate.length / 3)
  const near = candidates
    // A word is at least as many edits away as it is longer: a long one is not compared letter by letter.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= maxEdits(candidate))
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= maxEdits(candidate))
  return near.sort((a, b) => a.edits - b.edits)[0]?.candidate
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
