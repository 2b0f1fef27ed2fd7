import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { writeAtomically } from '../files/atomic-file.ts'
import type { Project } from '../project.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

/** Without it a client that goes away is not noticed, and its call to the router goes on and is paid for. */
const NEEDED_FLAG = 'enable_request_signal'
const FLAGS = /^(compatibility_flags\s*=\s*\[)([^\]]*)\]/m

/** Looks at `wrangler.toml` and `.dev.vars`. @param isFixing Mends what is safe to mend. */
export function checkProject(project: Project, isFixing: boolean): readonly Finding[] {
  return [...checkToml(project, isFixing), ...checkDevVars(project, isFixing)]
}

function checkToml({ wranglerToml }: Project, isFixing: boolean): readonly Finding[] {
  const text = readFileSync(wranglerToml, 'utf8')
  const kv = /^\s*binding\s*=\s*["']HUGWAY_KV["']/m.test(text)
    ? fine('KV binding', 'wrangler.toml binds HUGWAY_KV')
    : failure('KV binding', 'wrangler.toml has no binding HUGWAY_KV', 'take it from the wrangler.toml of the project')
  const listed = FLAGS.exec(text)?.[2] ?? ''
  if (listed.includes(NEEDED_FLAG)) return [kv, fine('compatibility flags', `${NEEDED_FLAG} is set`)]
  const todo = `add compatibility_flags = ["${NEEDED_FLAG}"] to wrangler.toml, or run hugway doctor --fix`
  if (!isFixing) return [kv, failure('compatibility flags', `${NEEDED_FLAG} is missing`, todo)]
  const others = listed.trim().replace(/,$/, '')
  const line = `compatibility_flags = [${others === '' ? '' : `${others}, `}"${NEEDED_FLAG}"]`
  const edited = FLAGS.test(text) ? text.replace(FLAGS, line) : text.replace(/^compatibility_date.*$/m, `$&\n${line}`)
  if (!edited.includes(line)) return [kv, failure('compatibility flags', `${NEEDED_FLAG} is missing`, todo)]
  writeAtomically(wranglerToml, edited)
  return [kv, fine('compatibility flags', `added ${NEEDED_FLAG} to ${wranglerToml}`)]
}

function checkDevVars({ devVars }: Project, isFixing: boolean): readonly Finding[] {
  if (!existsSync(devVars)) return [fine('.dev.vars', 'there is none; the environment is used')]
  const isOpen = process.platform !== 'win32' && (statSync(devVars).mode & 0o077) !== 0
  if (!isOpen) return [fine('.dev.vars', 'only you can read it')]
  if (!isFixing) return [warning('.dev.vars', 'others on this machine can read it', 'chmod 600 .dev.vars, or --fix')]
  chmodSync(devVars, 0o600)
  return [fine('.dev.vars', `made ${devVars} readable by you only`)]
}
