/**
 * The URL of a module beside this one, for a thread or a child process to load: `.ts` when run from the sources,
 * `.js` when run from the build.
 */
export function siblingModule(here: string, name: string): URL {
  return new URL(`${name}${here.endsWith('.ts') ? '.ts' : '.js'}`, here)
}
