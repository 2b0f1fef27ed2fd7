/** A home and a workspace for one turn of a program that keeps its memory there, and what it prints. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

/**
 * Runs something in a home of its own, which is wiped afterwards.
 *
 * @template T
 * @param {(place: { home: string, workspace: string, env: NodeJS.ProcessEnv }) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withHome(run) {
  const home = await mkdtemp(join(tmpdir(), 'hugway-home-'))
  const wipe = () => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  process.on('exit', wipe)
  try {
    const workspace = join(home, 'workspace')
    await mkdir(workspace)
    const env = {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      USERPROFILE: home,
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
    }
    return await run({ home, workspace, env })
  } finally {
    process.off('exit', wipe)
    wipe()
  }
}

/** The values of lines of JSON; a line of anything else is none. @param {string} text */
export function readJsonLines(text) {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)]
    } catch {
      return []
    }
  })
}
