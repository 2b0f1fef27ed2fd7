/** Type-checks every world: the Worker's (workers-types) and Node's (@types/node), which cannot be loaded together. */
import { run } from './run.mjs'

const PROJECTS = ['tsconfig.json', 'src/cli/tsconfig.json', 'test/tsconfig.json']

for (const project of PROJECTS) {
  const code = await run(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '--project', project])
  if (code !== 0) {
    console.error(`${project} does not type-check`)
    process.exit(code)
  }
}
