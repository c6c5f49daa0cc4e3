import { existsSync, readFileSync } from 'node:fs'
import { type Plugin, rolldown } from 'rolldown'

/** What a store's beat thread does, begun: see src/worker/beat-entry.ts. */
const entry = (store: string) => `
  import { workerData } from 'node:worker_threads'
  import { openBeat } from './src/store/${store}/beat-thread.ts'
  import { beatUntilTold } from './src/worker/beat-thread.ts'
  void beatUntilTold(workerData, openBeat)
`

const ENTRY = 'beat-script-entry'

/** Loaded by `pg` only where it is asked to use them. */
const NEVER_LOADED = ['pg-native', 'pg-cloudflare']

export interface BeatScript {
  readonly text: string
  /** The packages whose code is in it. */
  readonly packages: readonly string[]
}

/**
 * All of a store's beat thread in one text: a program that is bundled with Millhand in it has no modules that a thread
 * could load. It asks Node itself for Node's modules, so that it runs wherever it is started, as a script or as a module.
 */
export async function beatScript(store: string): Promise<BeatScript> {
  const build = await rolldown({
    input: ENTRY,
    platform: 'node',
    external: [/^node:/, ...NEVER_LOADED],
    plugins: [theEntry(entry(store))],
  })
  const { output } = await build.generate({ format: 'cjs', minify: true, codeSplitting: false })
  await build.close()
  const [chunk, ...others] = output
  if (others.length > 0)
    throw new Error(`the beat script of ${store} is not one text: ${others[0]?.fileName}`)
  return {
    text: `(function (require, exports, module) {${chunk.code}\n})(process.getBuiltinModule, {}, { exports: {} })`,
    packages: packagesOf(chunk.moduleIds),
  }
}

function theEntry(code: string): Plugin {
  return {
    name: 'beat-script-entry',
    resolveId: (id) => (id === ENTRY ? { id: `${process.cwd()}/${ENTRY}.js` } : null),
    load: (id) => (id.endsWith(`${ENTRY}.js`) ? code : null),
  }
}

function packagesOf(modules: readonly string[]): string[] {
  const names = modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? [])
  return [...new Set(names)].sort()
}

/** Under which terms the packages are whose code the build takes in, as each of them wants it to be told. */
export function licensesOf(packages: readonly string[]): string {
  const terms = packages.map((name) => `${name}\n\n${licenseOf(`node_modules/${name}/`)}\n`)
  return `The code of these packages is a part of what is in chunks/.\n\n${terms.join('\n---\n\n')}`
}

function licenseOf(folder: string): string {
  const file = ['LICENSE', 'license'].find((each) => existsSync(folder + each))
  if (file !== undefined) return readFileSync(folder + file, 'utf8').trim()
  const [, text] = /^#+ *license\s+([\s\S]*)/im.exec(readFileSync(`${folder}README.md`, 'utf8')) ?? []
  if (text === undefined) throw new Error(`${folder} is taken into the build, and its license is not found`)
  return text.trim()
}
