import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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

/** Makes what is missing of a layout, and touches nothing else. @throws MillhandError `usage` where it cannot be written */
export function layOut(folder: string): { readonly ending: Ending; readonly files: readonly LaidOut[] } {
  const ending = endingIn(folder)
  return { ending, files: templatesOf(ending).map((template) => put(folder, template)) }
}

function put(folder: string, { path: wanted, purpose, text }: Template): LaidOut {
  const path = otherConfiguration(folder, wanted) ?? wanted
  const file = join(folder, path)
  if (existsSync(file)) return { path, purpose, status: 'kept', unchanged: contentOf(file) === text }
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    const problem = `${file} cannot be written: ${asError(error).message}`
    throw cliError('usage', { problem, command: 'init' })
  }
  return { path, purpose, status: 'made', unchanged: true }
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
