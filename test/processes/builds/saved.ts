import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'

const FOLDER = fileURLToPath(new URL('./', import.meta.url))
/** Ignored by git, and inside the repository, so that it finds the packages that the sources find. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/millhand-builds/', import.meta.url))

/** The build that was saved by `scripts/save-build.ts`, unpacked: what a worker of before imports in place of `millhand`. */
export function savedBuild(): string {
  const [packed] = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs.br'))
  if (packed === undefined) throw new Error(`${FOLDER} has no build: npm run save-build -- COMMIT`)
  const file = CACHE + packed.replace(/\.br$/, '')
  mkdirSync(CACHE, { recursive: true })
  // Renamed when it is whole: another process may read it just now.
  writeFileSync(`${file}.${process.pid}`, brotliDecompressSync(readFileSync(FOLDER + packed)))
  renameSync(`${file}.${process.pid}`, file)
  return pathToFileURL(file).href
}
