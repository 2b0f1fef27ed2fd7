import { readFileSync, writeFileSync } from 'node:fs'

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a document. @throws Where a mark is missing. */
export function writeBetweenMarks(path: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const document = readFileSync(path, 'utf8')
  const [before, rest] = document.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${path} lacks the marks ${begin} and ${end}`)
  writeFileSync(path, `${before}${begin}\n\n${text}\n\n${end}${after}`)
}
