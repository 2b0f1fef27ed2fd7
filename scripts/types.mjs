/** Type-checks every world: the Worker's (workers-types), Node's (@types/node) and the browser's; no two load together. */
import { run } from './run.mjs'

const PROJECTS = ['tsconfig.json', 'src/cli/tsconfig.json', 'src/console/tsconfig.json', 'test/tsconfig.json']

for (const project of PROJECTS) {
  const code = await run(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '--project', project])
  if (code !== 0) {
    console.error(`${project} does not type-check`)
    process.exit(code)
  }
}
