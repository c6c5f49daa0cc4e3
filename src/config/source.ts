import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { readSafely } from '../kit/brand.ts'
import { asError, isMillhandError, preview } from '../kit/error.ts'
import { holdsOptions } from '../kit/misplaced.ts'
import { configError, type Problem } from './errors.ts'
import { whyForeign } from './trust.ts'
import { isRecord } from './unknown.ts'
import { readYaml } from './yaml.ts'

/** What a configuration is called, in the order in which they win over each other in one folder. */
export const CONFIG_NAMES = [
  'millhand.config.ts',
  'millhand.config.mts',
  'millhand.config.js',
  'millhand.config.mjs',
  'millhand.yaml',
  'millhand.yml',
] as const

/** A configuration as it stands in its file, unchecked. */
export interface ConfigSource {
  /** `undefined`: there is none, and everything has its default. */
  readonly file: string | undefined
  /** What relative paths in it are relative to. */
  readonly folder: string
  readonly content: object
  readonly warnings: readonly Problem[]
}

/**
 * Reads the configuration that was named, or the nearest one from `cwd` upwards, where that is the caller's own.
 *
 * @throws MillhandError `config_not_found` for a named one, `config_untrusted`, `config_load_failed`
 */
export async function readSource(cwd: string, named: string | undefined): Promise<ConfigSource> {
  if (named !== undefined && !existsSync(resolve(cwd, named))) {
    throw configError('config_not_found', { file: resolve(cwd, named), folder: cwd })
  }
  const found = named === undefined ? nearest(cwd) : [resolve(cwd, named)]
  const [file, ...shadowed] = found
  if (file === undefined) return { file, folder: cwd, content: {}, warnings: [] }
  if (named === undefined) requireOwn(file, cwd)
  if (isFolder(file))
    throw configError('config_load_failed', { file, problem: 'it is a folder. Name the file in it' })
  const content = /\.ya?ml$/.test(file) ? requireOptions(file, readYaml(file) ?? {}) : await readModule(file)
  const warnings = shadowed.map((path) => ({ path, message: `is not read: ${file} is beside it and wins` }))
  return { file, folder: dirname(file), content, warnings }
}

/** @throws MillhandError `config_untrusted` */
function requireOwn(file: string, cwd: string): void {
  const above = dirname(file) !== resolve(cwd)
  const problem = whyForeign(file, { above, user: process.geteuid?.() })
  if (problem !== undefined) throw configError('config_untrusted', { file, problem })
}

/** The configurations of the first folder upwards that has any. */
function nearest(cwd: string): string[] {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = CONFIG_NAMES.map((name) => join(folder, name)).filter((file) => existsSync(file))
    if (found.length > 0 || folder === dirname(folder)) return found
  }
}

const NO_DEFAULT = 'it has no default export. End it with: export default defineConfig({ … })'

async function readModule(file: string): Promise<object> {
  const module = await loadModule(file).catch((error: unknown) => {
    throw configError('config_load_failed', { file, problem: whatWasThrown(error, file) }, { cause: error })
  })
  if (!('default' in module)) throw configError('config_load_failed', { file, problem: NO_DEFAULT })
  try {
    return readOnce(requireOptions(file, module.default))
  } catch (error) {
    if (isMillhandError(error)) throw error
    throw configError('config_load_failed', { file, problem: whatWasThrown(error, file) }, { cause: error })
  }
}

/** What getters give, of the options and of the sections: one that throws, such as for want of a variable, does so here. */
function readOnce(content: object): object {
  const sections = Object.entries(content).map(([name, value]) => [
    name,
    isRecord(value) ? { ...value } : value,
  ])
  return Object.fromEntries(sections)
}

/** A promise, a definition or a list has no option of its own: taken for options, everything would have its default. */
function requireOptions(file: string, content: unknown): object {
  if (holdsOptions(content)) return content
  const hint = types.isPromise(content) ? '. Put await before it: export default await …' : ''
  const problem = `it holds ${preview(content)}, expected an object of options${hint}`
  throw configError('config_load_failed', { file, problem })
}

/** Node would say that a folder is not imported, and where in Millhand it is done. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // What cannot be looked at, or is no path at all, is told of by whoever would read it.
    return false
  }
}

/** Loads a module of the user's by its path. */
export async function loadModule(file: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(file).href)
}

/** What a module threw when it was loaded, with the place in it, which a syntax error has in its stack alone. */
export function whatWasThrown(thrown: unknown, file: string): string {
  const error = asError(thrown)
  const url = pathToFileURL(file).href
  const places = [...(error.stack ?? '').matchAll(/(file:\/\/[^\s)]+?)(:\d+)/g)]
  // Node says itself who imports what is not there.
  const isNamed = readSafely(error, 'code') === 'ERR_MODULE_NOT_FOUND'
  const place = isNamed ? undefined : (places.find(([, module]) => module === url) ?? places[0])
  const where = place ? ` (${fileURLToPath(place[1] ?? '')}${place[2]})` : ''
  const kind = ['Error', 'MillhandError'].includes(error.name) ? '' : `${error.name}: `
  return `${kind}${error.message}${where}${hintFor(error)}`
}

const WITH_TSX = "NODE_OPTIONS='--import tsx'"

const OF_CONFIG = /'millhand' does not provide an export named '(?:defineConfig|loadConfig|checkConfig)'/

/** What mends it, where that is known: most often how TypeScript is run that Node does not run by itself. */
function hintFor(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `. Node runs no enums and the like: set NODE_OPTIONS=--experimental-transform-types, or, with tsx installed, ${WITH_TSX}`
  if (OF_CONFIG.test(error.message)) return ". It is of 'millhand/config': import it from there"
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') return `. With tsx installed, set ${WITH_TSX}`
  const source = code === 'ERR_MODULE_NOT_FOUND' ? sourceMeant(readSafely(error, 'url')) : undefined
  return source === undefined
    ? ''
    : `. There is ${source}: import it by that name, or, with tsx installed, set ${WITH_TSX}`
}

/** The file that is there, where `./jobs.js` or `./jobs` is not. */
function sourceMeant(url: unknown): string | undefined {
  if (typeof url !== 'string' || !url.startsWith('file:')) return undefined
  const path = fileURLToPath(url)
  const sources = [path.replace(/\.([cm]?)js$/, '.$1ts'), `${path}.ts`, join(path, 'index.ts')]
  return sources.find((source) => source !== path && existsSync(source))
}
