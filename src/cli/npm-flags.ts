/**
 * What npm kept for itself of a script's flags: without `--` before them they reach the script as nothing but variables.
 *
 * @param script Its name in package.json.
 * @param flags The flags that the script knows.
 * @returns One line for a person, with the command that was meant.
 */
export function flagsThatNpmTook(script: string, flags: readonly string[]): string | undefined {
  if (process.env['npm_lifecycle_event'] !== script) return undefined
  const taken = flags.filter((flag) => process.env[`npm_config_${flag.replaceAll('-', '_')}`] !== undefined)
  const [first] = taken
  if (first === undefined) return undefined
  const command = script === 'start' ? 'npm start' : `npm run ${script}`
  return `npm took ${taken.map((flag) => `--${flag}`).join(' and ')} for itself: write ${command} -- ... --${first} ...`
}
