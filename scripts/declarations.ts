import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the declarations for CommonJS are, in the folder of the build. */
const COMMONJS = 'commonjs'

/**
 * Keeps the declarations that the entries lead to, and copies them for programs of CommonJS. Those load the same modules
 * by `require`; but TypeScript takes a declaration for CommonJS only where its own package.json says so, and under
 * `node16` lets nothing else be required.
 */
export function publishDeclarations(folder: string, entries: readonly string[]): void {
  const reached = new Set<string>()
  for (const entry of entries) reach(join(folder, `${entry}.d.ts`), reached)
  for (const file of globSync(`${folder}/**/*.d.ts`)) if (!reached.has(file)) rmSync(file)
  for (const file of reached) {
    const copy = join(folder, COMMONJS, file.slice(folder.length))
    mkdirSync(dirname(copy), { recursive: true })
    cpSync(file, copy)
  }
  writeFileSync(join(folder, COMMONJS, 'package.json'), '{ "type": "commonjs" }\n')
}

function reach(file: string, reached: Set<string>): void {
  if (reached.has(file)) return
  reached.add(file)
  const named = readFileSync(file, 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+)\.ts'/g)
  for (const [, path = ''] of named) reach(join(dirname(file), `${path}.d.ts`), reached)
}
