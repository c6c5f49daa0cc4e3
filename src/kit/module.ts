import { createRequire } from 'node:module'
import { readSafely } from './brand.ts'

/** Whether a package is installed where the module at this URL or path would find it; it is not loaded. */
export function isInstalled(name: string, here: string): boolean {
  try {
    createRequire(here).resolve(name)
    return true
  } catch (error) {
    return readSafely(error, 'code') !== 'MODULE_NOT_FOUND'
  }
}

/**
 * The URL of a module beside this one, for a thread or a child process to load: `.ts` when run from the sources,
 * `.js` when run from the build.
 */
export function siblingModule(here: string, name: string): URL {
  return new URL(`${name}${here.endsWith('.ts') ? '.ts' : '.js'}`, here)
}
