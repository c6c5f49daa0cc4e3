/**
 * Builds the package into dist/: declarations of src, a few bundled modules, and the files that they read.
 *
 * Bundled, because a hundred small modules cost 13 MB of memory in every worker process that loads them one by one
 * (measured on Node 24: 18 MB for the modules as they are, 5.7 MB for the bundle).
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, rmSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'

/** What is loaded by name: the package's entries, the command, and what runs in a thread of its own. */
const ENTRIES = [
  'index',
  'testing/index',
  'config/index',
  'postgres/index',
  'cli/main',
  'worker/beat-thread',
  'store/sqlite/beat-thread',
  'store/postgres/beat-thread',
]

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const startedAt = performance.now()
rmSync('dist', { recursive: true, force: true })
declare()
const modules = await bundle()
const migrations = copyMigrations()
makeExecutable('dist/cli/main.js')
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`dist: ${modules} modules, ${migrations} migrations, ${seconds} s`)

function declare(): void {
  try {
    execFileSync('node_modules/.bin/tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' })
  } catch {
    // The compiler has said what is wrong; a half-built dist must not look like a whole one.
    rmSync('dist', { recursive: true, force: true })
    process.exit(1)
  }
}

async function bundle(): Promise<number> {
  const present = ENTRIES.filter((entry) => existsSync(`src/${entry}.ts`))
  const build = await rolldown({
    input: Object.fromEntries(present.map((entry) => [entry, `src/${entry}.ts`])),
    platform: 'node',
    external: [/^node:/, /^[^./]/],
    plugins: [keepModuleUrls()],
  })
  const { output } = await build.write({
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  })
  await build.close()
  return output.length
}

/** A module that asks where it is gets the place that it would have unbundled: files beside it are found by that. */
function keepModuleUrls(): Plugin {
  return {
    name: 'keep-module-urls',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null
      const place = relative('src', id).replace(/\.ts$/, '.js')
      return { code: code.replaceAll('import.meta.url', `__moduleUrl("${place}")`), map: null }
    },
    renderChunk(code, chunk) {
      const moved = code.replaceAll(/__moduleUrl\("([^"]+)"\)/g, (_, place: string) => {
        const path = relative(dirname(chunk.fileName), place)
        return `new URL("./${path}", import.meta.url).href`
      })
      return { code: moved, map: null }
    },
  }
}

function copyMigrations(): number {
  const files = globSync('src/**/migrations/*.sql')
  for (const file of files) cpSync(file, file.replace(/^src/, 'dist'))
  return files.length
}

function makeExecutable(file: string): void {
  if (existsSync(file)) chmodSync(file, 0o755)
}
