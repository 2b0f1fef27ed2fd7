/** A section of a TOML file: from its header to the next header. `path` is the header's dotted name. */
type Section = { readonly path: string; readonly start: number; readonly lines: readonly string[] }

const BINDING = 'HUGWAY_KV'
/** What stands for an id in the file as it is shipped. */
const NO_ID = /^0+$/

/** What `wrangler.toml` says about one deployment. */
export type TomlDeployment = {
  /** The Worker's name at Cloudflare. */
  readonly workerName: string
  readonly hasSection: boolean
  readonly namespaceId: string | undefined
}

/**
 * Reads what there is for a team.
 *
 * @param isDefault The team is the deployment without a name: it keeps the Worker's own name.
 */
export function readTomlDeployment(text: string, team: string, isDefault: boolean): TomlDeployment {
  const sections = readSections(text)
  const top = settingOf(sections[0]?.lines ?? [], 'name') ?? 'hugway'
  const own = sections.find(({ path }) => path === `env.${team}`)
  const name = settingOf(own?.lines ?? [], 'name') ?? (isDefault ? top : `${top}-${team}`)
  const id = namespaceIdIn(sections, `env.${team}.kv_namespaces`)
  const topId = isDefault ? namespaceIdIn(sections, 'kv_namespaces') : undefined
  const namespaceId = id ?? topId
  return { workerName: name, hasSection: own !== undefined && id !== undefined, ...{ namespaceId } }
}

/**
 * Gives a team its `[env.<team>]` with its own KV namespace, as text: everything else, comments too, stays as it is.
 *
 * @throws When the section is written in a way that cannot be edited safely; the message says what to add by hand.
 */
export function addTomlDeployment(text: string, team: string, workerName: string, namespaceId: string): string {
  const sections = readSections(text)
  const lines = text.replace(/\n$/, '').split('\n')
  const kv = sections.find(({ path, lines: own }) => path === `env.${team}.kv_namespaces` && bindingOf(own) === BINDING)
  if (kv) {
    const at = kv.lines.findIndex((line) => /^\s*id\s*=/.test(line))
    const idLine = `id = "${namespaceId}"`
    const edited = at === -1 ? lines.toSpliced(kv.start + 1, 0, idLine) : lines.with(kv.start + at, idLine)
    return `${edited.join('\n')}\n`
  }
  const own = sections.find(({ path }) => path === `env.${team}`)
  const binding = ['', `[[env.${team}.kv_namespaces]]`, `binding = "${BINDING}"`, `id = "${namespaceId}"`]
  if (own?.lines.some((line) => /^\s*kv_namespaces\s*=/.test(line))) {
    throw new Error(
      `[env.${team}] writes kv_namespaces in one line: add { binding = "${BINDING}", id = "${namespaceId}" }`,
    )
  }
  if (own) {
    const end = own.start + own.lines.findLastIndex((line) => line.trim() !== '' && !line.trim().startsWith('#')) + 1
    return `${lines.toSpliced(end, 0, ...binding).join('\n')}\n`
  }
  const header = [
    '',
    `# The deployment "${team}", added by \`hugway deploy\`.`,
    `[env.${team}]`,
    `name = "${workerName}"`,
  ]
  return `${[...lines, ...header, ...binding].join('\n')}\n`
}

function readSections(text: string): readonly Section[] {
  const lines = text.split('\n')
  const headers = lines.flatMap((line, at) => {
    const path = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$/.exec(line)?.[1]
    return path === undefined ? [] : [{ at, path: path.replace(/\s*\.\s*/g, '.').replace(/["']/g, '') }]
  })
  const starts = [{ at: 0, path: '' }, ...headers]
  return starts.map(({ at, path }, index) => ({ path, start: at, lines: lines.slice(at, starts[index + 1]?.at) }))
}

function namespaceIdIn(sections: readonly Section[], path: string): string | undefined {
  const section = sections.find((one) => one.path === path && bindingOf(one.lines) === BINDING)
  const id = settingOf(section?.lines ?? [], 'id')
  return id === undefined || NO_ID.test(id) ? undefined : id
}

const bindingOf = (lines: readonly string[]) => settingOf(lines, 'binding')

function settingOf(lines: readonly string[], key: string): string | undefined {
  const pattern = new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']*)["']`)
  return lines.map((line) => pattern.exec(line)?.[1]).find((value) => value !== undefined)
}
