import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CONFIG_NAMES } from '../../config/source.ts'
import { asError } from '../../kit/error.ts'
import { cliError } from '../errors.ts'
import { type Ending, type Template, templatesOf } from './templates.ts'

/** A file of the layout, as it is there now. */
export interface LaidOut {
  readonly path: string
  readonly purpose: string
  /** `kept`: it was there before, and is what it was. */
  readonly status: 'made' | 'kept'
  /** Whether it holds what `millhand init` writes. */
  readonly unchanged: boolean
}

export interface Layout {
  readonly ending: Ending
  readonly files: readonly LaidOut[]
  /** Files of the layout that do not find in a kept one what they import. */
  readonly broken: readonly Broken[]
}

export interface Broken {
  readonly path: string
  /** The file that was kept, and the name that it does not export. */
  readonly kept: string
  readonly name: string
}

/** Makes what is missing of a layout, and touches nothing else. @throws MillhandError `usage` where it cannot be written */
export function layOut(folder: string): Layout {
  const ending = endingIn(folder)
  const templates = templatesOf(ending)
  const made: string[] = []
  const files = templates.map((template) => {
    const file = put(folder, template, made)
    if (file.status === 'made') made.push(file.path)
    return file
  })
  const ours = new Set(files.filter(({ unchanged }) => unchanged).map(({ path }) => path))
  return { ending, files, broken: templates.flatMap((template) => brokenBy(folder, template, ours)) }
}

/** Of a file that somebody else wrote, or has changed since: who misses what it does not even mention. */
function brokenBy(folder: string, { path, gives }: Template, ours: ReadonlySet<string>): Broken[] {
  if (!gives || ours.has(path)) return []
  const { name, to } = gives
  if (new RegExp(`\\b${name}\\b`).test(contentOf(join(folder, path)) ?? '')) return []
  return to.filter((file) => ours.has(file)).map((file) => ({ path: file, kept: path, name }))
}

function put(folder: string, { path: wanted, purpose, text }: Template, made: readonly string[]): LaidOut {
  const path = otherConfiguration(folder, wanted) ?? wanted
  const file = join(folder, path)
  if (existsSync(file)) return { path, purpose, status: 'kept', unchanged: contentOf(file) === text }
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    const before = made.length === 0 ? '' : `. Made before it: ${made.join(', ')}`
    const inTheWay = fileAbove(folder, path)
    const why =
      inTheWay === undefined ? asError(error).message : `${inTheWay} is a file, and would have to be a folder`
    const problem = `${file} cannot be written: ${why}${before}`
    throw cliError('usage', { problem, command: 'init' })
  }
  return { path, purpose, status: 'made', unchanged: true }
}

/** What is a file where the path needs a folder. */
function fileAbove(folder: string, path: string): string | undefined {
  const above = path.split('/').slice(0, -1)
  return above
    .map((_, at) => above.slice(0, at + 1).join('/'))
    .find((each) => statSync(join(folder, each), { throwIfNoEntry: false })?.isFile())
}

/** One that is there under another name, which a new one beside it would win over. */
function otherConfiguration(folder: string, path: string): string | undefined {
  if (!path.startsWith('millhand.config.')) return undefined
  return CONFIG_NAMES.find((name) => existsSync(join(folder, name)))
}

/** In a package of CommonJS, which `npm init` makes, `.ts` is CommonJS as well; where none is yet, the layout brings one of modules. */
function endingIn(folder: string): Ending {
  const manifest = contentOf(join(folder, 'package.json'))
  return manifest === undefined || /"type"\s*:\s*"module"/.test(manifest) ? 'ts' : 'mts'
}

function contentOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
