import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { byName } from '../job/specs.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { isMillhandError, type MillhandError } from '../kit/error.ts'
import type { RefusedOption } from '../kit/hint.ts'
import { isInstalled } from '../kit/module.ts'
import {
  custom,
  type FieldsOf,
  flag,
  isObject,
  list,
  type Parsed,
  parseOptions,
  text,
} from '../kit/options.ts'
import { sentence } from '../kit/sentence.ts'
import { requireOneValueEach, settingsFrom } from '../queue/configure.ts'
import { parseWorkerOptions } from '../worker/options.ts'
import type { Config } from './config.ts'
import { configError, type Problem } from './errors.ts'
import { type Collected, collectJobs, isDefinition } from './jobs.ts'
import { CONFIG_VARIABLE, logFields } from './options.ts'
import { scheduleProblems } from './schedules.ts'
import { type Flag, readSettings, type Settings, sectionOf } from './settings.ts'
import { type ConfigSource, readSource } from './source.ts'
import { base, type Place, readStore, type StoreSetting } from './store.ts'
import { oddities } from './warnings.ts'

export interface LoadOptions {
  /** The folder to look for a configuration from, upwards. Default: the working folder. */
  readonly cwd?: string
  /** The configuration file; `false`: read none. */
  readonly file?: string | false
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What was set on a command line. */
  readonly flags?: readonly Flag[]
  /** Whether to load the modules with the jobs; a command that only looks at a store need not. Default true. */
  readonly jobs?: boolean
  /**
   * Whether there has to be one, or at least something that names the store; else it is the file of `millhand dev`. Default
   * true: a server that falls back on a store of its own would enqueue where no worker looks.
   */
  readonly required?: boolean
}

const loadFields = {
  cwd: text(),
  file: custom<string | false>({
    expected: 'the path of a file, or false',
    accepts: (value) => value === false || typeof value === 'string',
  }),
  env: custom<NonNullable<LoadOptions['env']>>({ expected: 'an object of texts', accepts: isObject }),
  flags: list<Flag>({ expected: 'a list of flags', accepts: isObject }),
  jobs: flag({ default: true }),
  required: flag({ default: true }),
} satisfies FieldsOf<LoadOptions>

/** A configuration with everything that is wrong with it or odd about it. */
export interface CheckedConfig {
  readonly config: Config
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Loads a valid configuration.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `config_invalid` with all of its problems, `config_not_found`,
 *   `config_untrusted`, `config_load_failed`
 */
export async function loadConfig(options: LoadOptions = {}): Promise<CheckedConfig> {
  const parsed = parseOptions('loadConfig', loadFields, options)
  const checked = await check(parsed)
  const { config, errors } = checked
  const isMissing = config.file === undefined && parsed.file !== false && !config.storeNamed
  if (isMissing && parsed.required)
    throw configError('config_not_found', { file: null, folder: config.folder })
  if (errors.length === 0) return checked
  throw configError('config_invalid', { file: config.file ?? null, problems: errors })
}

/**
 * Loads a configuration and says everything that is wrong with it, starting nothing.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `config_not_found`, `config_untrusted`, `config_load_failed`
 */
export async function checkConfig(options: LoadOptions = {}): Promise<CheckedConfig> {
  return check(parseOptions('checkConfig', loadFields, options))
}

async function check(options: Parsed<typeof loadFields>): Promise<CheckedConfig> {
  const { env = process.env, flags = [], file } = options
  const cwd = resolve(options.cwd ?? '.')
  if (!existsSync(cwd)) throw configError('config_not_found', { file: null, folder: cwd })
  const source = await sourceOf(file, { cwd, env })
  const settings = readSettings(source.content, { env, flags })
  const store = readStore(settings, { cwd, folder: source.folder })
  const jobs = options.jobs ? await readJobs(settings, { cwd, folder: source.folder }) : NO_JOBS
  const config = assemble(source, settings, { store, specs: jobs.specs })
  const early = [...settings.errors, ...store.errors, ...jobs.errors]
  // The worker and the list of definitions have rules of their own; told once nothing more basic is wrong.
  const later = early.length > 0 ? early : refusals(config, settings)
  const errors = later.length > 0 ? later : await scheduleProblems(config)
  const odd =
    errors.length > 0
      ? []
      : oddities(config, { jobsRead: options.jobs, hasDriver: () => isInstalled('pg', import.meta.url) })
  return { config, errors, warnings: [...source.warnings, ...settings.warnings, ...jobs.warnings, ...odd] }
}

const NO_JOBS: Collected = { specs: [], errors: [], warnings: [] }

async function sourceOf(
  file: LoadOptions['file'],
  { cwd, env }: { readonly cwd: string; readonly env: NonNullable<LoadOptions['env']> },
): Promise<ConfigSource> {
  if (file === false) return { file: undefined, folder: cwd, content: {}, warnings: [] }
  return readSource(cwd, file ?? (env[CONFIG_VARIABLE] || undefined))
}

async function readJobs(settings: Settings, place: Place): Promise<Collected> {
  const setting = settings.values.get('jobs')
  return collectJobs((setting?.value as readonly unknown[]) ?? [], base(setting, place))
}

function assemble(
  { file, folder }: ConfigSource,
  settings: Settings,
  { store, specs }: { store: StoreSetting; specs: readonly AnyJobSpec[] },
): Config {
  const log = settings.errors.some(({ path }) => path.startsWith('log.')) ? {} : sectionOf(settings, 'log')
  return {
    file,
    folder,
    store: store.url,
    location: store.location,
    storeNamed: settings.values.has('store'),
    specs,
    definitions: specs.filter(isDefinition),
    schedules: (settings.values.get('schedules')?.value ?? {}) as Config['schedules'],
    roles: (settings.values.get('roles')?.value ?? {}) as Config['roles'],
    queues: (settings.values.get('queues')?.value ?? {}) as Config['queues'],
    limits: settings.values.get('limits')?.value as Config['limits'],
    worker: sectionOf(settings, 'worker'),
    queue: { ...sectionOf(settings, 'queue'), ...store.queue },
    retention: sectionOf(settings, 'retention'),
    log: parseOptions('log', logFields, log),
  }
}

/** What only the parts themselves can tell: a queue's name that cannot be one, two definitions of one name. */
function refusals(config: Config, settings: Settings): Problem[] {
  const { specs, definitions, worker, queues, limits, roles } = config
  const problems: Problem[] = []
  const attempt = (path: string, read: () => unknown) => {
    try {
      read()
    } catch (error) {
      if (!isMillhandError(error)) throw error
      problems.push(ofOutside(error, settings) ?? { path, message: error.message })
    }
  }
  attempt('jobs', () => byName(specs))
  for (const [name, set] of Object.entries(queues))
    attempt(`queues.${name}`, () => settingsFrom({ queues: { [name]: set } }))
  attempt('limits', () => settingsFrom({ limits }))
  if (problems.length === 0)
    attempt('limits', () => requireOneValueEach(specs, settingsFrom({ queues, limits })))
  if (problems.length === 0)
    attempt('worker', () => parseWorkerOptions({ ...worker, roles, jobs: definitions }))
  return problems
}

/** What a part refuses of what a flag or a variable has set, with the name of that: it is not the file that is to be mended. */
function ofOutside({ code, facts }: MillhandError, { values }: Settings): Problem | undefined {
  const { option, what, got, expected, hint = '' } = facts as Partial<RefusedOption & { what: string }>
  const name = code === 'invalid_name' && what === 'queue name' ? 'queues' : option
  const path = `worker.${name}`
  const from = values.get(path)?.from
  if (from === undefined) return undefined
  return { path, message: `is ${got} (${from}), expected ${sentence(`${expected}`)}${hint}` }
}
