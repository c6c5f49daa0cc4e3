/**
 * Builds the package into dist/: declarations of src, and a few bundled modules.
 *
 * Bundled, because a hundred small modules cost 13 MB of memory in every worker process that loads them one by one
 * (measured on Node 24: 18 MB for the modules as they are, 5.7 MB for the bundle).
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Plugin, rolldown } from 'rolldown'
import { beatScript, licensesOf } from './beat-script.ts'
import { publishDeclarations } from './declarations.ts'

/** What is loaded by name: the package's entries, and the command. */
const ENTRIES = ['index', 'testing/index', 'config/index', 'postgres/index', 'cli/main']
/** The stores whose workers have a beat thread. */
const BEATING = ['sqlite', 'postgres']

const { values: options } = parseArgs({
  // `--folder` and `--no-declarations` are for tests: a build of their own, without what only a compiler reads.
  options: { folder: { type: 'string', default: 'dist' }, 'no-declarations': { type: 'boolean' } },
})
const { folder } = options

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const startedAt = performance.now()
rmSync(folder, { recursive: true, force: true })
if (!options['no-declarations']) declare()
const scripts = new Map(
  await Promise.all(BEATING.map(async (store) => [store, await beatScript(store)] as const)),
)
const modules = await bundle()
makeExecutable(`${folder}/cli/main.js`)
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`${folder}: ${modules} modules, ${seconds} s`)

function declare(): void {
  try {
    execFileSync('node_modules/.bin/tsc', ['--project', 'tsconfig.build.json', '--outDir', folder], {
      stdio: 'inherit',
    })
  } catch {
    // The compiler has said what is wrong; a half-built package must not look like a whole one.
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  }
  publishDeclarations(
    folder,
    ENTRIES.filter((entry) => !entry.startsWith('cli/')),
  )
}

async function bundle(): Promise<number> {
  const present = ENTRIES.filter((entry) => existsSync(`src/${entry}.ts`))
  const build = await rolldown({
    input: Object.fromEntries(present.map((entry) => [entry, `src/${entry}.ts`])),
    platform: 'node',
    external: [/^node:/, /^[^./]/],
    plugins: [keepModuleUrls(), replaceModules()],
  })
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  })
  await build.close()
  const packages = new Set([...scripts.values()].flatMap((script) => script.packages))
  writeFileSync(`${folder}/LICENSES.txt`, licensesOf([...packages].sort()))
  return output.length
}

/**
 * Modules that are other ones in the build than in the sources: all of a thread's code is in one text, and nothing asks for
 * a module beside it, which a bundler would look for.
 */
function replaceModules(): Plugin {
  const replaced = new Map(
    [...scripts].map(([store, { text }]) => [
      `src/store/${store}/beat-script.ts`,
      `export const BEAT_SCRIPT = ${JSON.stringify(text)}`,
    ]),
  )
  replaced.set('src/worker/beat-source.ts', 'export function beatEntry() {}')
  return { name: 'replace-modules', load: (id) => replaced.get(relative('.', id)) ?? null }
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

function makeExecutable(file: string): void {
  if (existsSync(file)) chmodSync(file, 0o755)
}
