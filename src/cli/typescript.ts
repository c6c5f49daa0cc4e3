import { registerHooks } from 'node:module'

/**
 * Finds `jobs.ts` where a module of the user's imports `./jobs.js` or `./jobs`, as TypeScript has long wanted it to be
 * written. Node itself looks for the very name. Only where nothing has it; what cannot be found is told in Node's words.
 */
export function findTypeScript(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        for (const other of meantBy(specifier)) {
          try {
            return nextResolve(other, context)
          } catch {}
        }
        throw error
      }
    },
  })
}

/** What the specifier of a relative import may stand for. */
function meantBy(specifier: string): readonly string[] {
  if (!/^\.{1,2}(?:\/|$)/.test(specifier)) return []
  const [, stem, kind] = /^(.*)\.([cm]?)js$/.exec(specifier) ?? []
  if (stem !== undefined) return [`${stem}.${kind}ts`]
  return ['.ts', '.mts', '.js', '/index.ts', '/index.js'].map(
    (ending) => specifier.replace(/\/$/, '') + ending,
  )
}
