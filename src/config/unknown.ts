import { preview } from '../kit/error.ts'
import { didYouMean, suggest } from '../kit/suggest.ts'
import type { Problem } from './errors.ts'
import {
  CONFIG_VARIABLE,
  type ConfigOption,
  OPTIONS,
  parses,
  SECTIONS,
  type Section,
  variableOf,
} from './options.ts'

/** What stands in a configuration file and is no option: most often a misspelt one, or one in the wrong place. */
export function unknownOptions(file: object): Problem[] {
  return Object.entries(file).flatMap(([name, value]): Problem[] => {
    if (Object.hasOwn(SECTIONS.top, name)) return []
    if (!isSection(name)) return [unknownOption(name, name, value)]
    if (value === undefined || value === null) return []
    const known = Object.keys(SECTIONS[name])
    if (!isRecord(value)) {
      return [{ path: name, message: `is ${preview(value)}, expected an object with ${known.join(', ')}` }]
    }
    const unknown = Object.keys(value).filter((option) => !known.includes(option))
    return unknown.map((option) => unknownOption(`${name}.${option}`, option, value[option]))
  })
}

/** A variable of ours that sets nothing is most often a misspelt one. `MILLHAND_TEST_…` is for our own tests. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): Problem[] {
  const known = [CONFIG_VARIABLE, ...OPTIONS.flatMap(({ variable }) => variable ?? [])]
  return Object.keys(env)
    .filter((name) => /^MILLHAND_(?!TEST_)/.test(name) && !known.includes(name) && env[name] !== '')
    .map((name) => ({
      path: name,
      message: `sets no option.${inTheFile(name) ?? didYouMean(name, known)}`,
    }))
}

/** Of an option that is code, or more than a line: where it is set. */
function inTheFile(name: string): string | undefined {
  const option = OPTIONS.find(({ path, variable }) => variable === undefined && variableOf(path) === name)
  return option && ` '${option.path}' is set in the configuration file alone.`
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSection(name: string): name is Section {
  return name !== 'top' && Object.hasOwn(SECTIONS, name)
}

/** Every option and every section, by the last word of its path. */
const PATHS: ReadonlyMap<string, string> = new Map([
  ...Object.keys(SECTIONS)
    .filter(isSection)
    .map((section) => [section, section] as const),
  ...OPTIONS.map(({ name, path }) => [name, path] as const),
])

/** Of one word in several places, the one that takes what was given. */
function sameWord(name: string, value: unknown): string | undefined {
  const takes = ({ field }: ConfigOption) => parses(field, value)
  return OPTIONS.find((option) => option.name === name && takes(option))?.path ?? PATHS.get(name)
}

/** The same word elsewhere is what was meant; else the nearest one beside it; else the nearest anywhere. */
function unknownOption(path: string, name: string, value: unknown): Problem {
  const place = path.slice(0, path.length - name.length)
  const words = [...PATHS.keys()]
  const beside = words.filter((word) => PATHS.get(word) === `${place}${word}`)
  const meant = sameWord(name, value) ?? PATHS.get(suggest(name, beside) ?? suggest(name, words) ?? '')
  // A line of YAML that is nothing but a colon.
  return {
    path: name === '' ? `${place}''` : path,
    message: `is no option.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
  }
}
