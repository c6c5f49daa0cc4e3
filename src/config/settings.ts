import { preview } from '../kit/error.ts'
import type { Problem } from './errors.ts'
import { type ConfigOption, OPTIONS, parses, readText, type Section } from './options.ts'
import { isRecord, unknownOptions, unknownVariables } from './unknown.ts'

/** What one option was set to, and where: in the file, by an environment variable, or by a flag of a command. */
export interface Setting {
  readonly value: unknown
  /** `undefined`: the file. */
  readonly from: string | undefined
}

export interface Settings {
  /** By path: `worker.concurrency`. */
  readonly values: ReadonlyMap<string, Setting>
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** A flag of the command line that sets an option. */
export interface Flag {
  readonly path: string
  /** As it was written: `--concurrency`. */
  readonly flag: string
  readonly text: string
}

interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: readonly Flag[]
}

/** Reads every option from its three places: a flag wins over the environment, and that over the file. */
export function readSettings(file: object, { env, flags }: Outside): Settings {
  const values = new Map<string, Setting>()
  const errors = unknownOptions(file)
  for (const option of OPTIONS) {
    const given = fromFlag(option, flags) ?? fromEnv(option, env) ?? fromFile(option, file)
    if (given === undefined) continue
    const value = given.from === undefined ? given.value : readText(option.field, String(given.value))
    if (value !== undefined && parses(option.field, value)) values.set(option.path, { ...given, value })
    else errors.push({ path: option.path, message: refusal(option, given) })
  }
  return { values, errors, warnings: unknownVariables(env) }
}

/** The options of one section that were set. */
export function sectionOf(settings: Settings, section: Section): Record<string, unknown> {
  const inSection = OPTIONS.filter((option) => option.section === section && settings.values.has(option.path))
  return Object.fromEntries(inSection.map(({ name, path }) => [name, settings.values.get(path)?.value]))
}

function fromFlag({ path }: ConfigOption, flags: readonly Flag[]): Setting | undefined {
  const found = flags.find((flag) => flag.path === path)
  return found && { value: found.text, from: found.flag }
}

/** An empty variable is one that is not set: that is how deployments leave one out. */
function fromEnv({ variable }: ConfigOption, env: Outside['env']): Setting | undefined {
  const value = variable === undefined ? undefined : env[variable]
  return value === undefined || value === '' ? undefined : { value, from: variable }
}

function fromFile({ section, name }: ConfigOption, file: object): Setting | undefined {
  const holder = section === 'top' ? file : (file as Record<string, unknown>)[section]
  const value = isRecord(holder) ? holder[name] : undefined
  return value === undefined || value === null ? undefined : { value, from: undefined }
}

function refusal({ field }: ConfigOption, { value, from }: Setting): string {
  return `is ${preview(value)}${from === undefined ? '' : ` (${from})`}, expected ${field.expected}`
}
