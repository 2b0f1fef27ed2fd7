import { fileURLToPath } from 'node:url'

const IS_INSTALLED = /[\\/]node_modules[\\/]/.test(fileURLToPath(import.meta.url))

/** How the command is run from here: what is printed can be pasted. In a checkout nothing is on the path. */
export const COMMAND = IS_INSTALLED ? 'hugway' : 'npx hugway'
