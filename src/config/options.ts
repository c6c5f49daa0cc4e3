import { queueLimitsField } from '../job/queue-limits.ts'
import { queuesField } from '../job/queue-settings.ts'
import { retentionFields } from '../job/retention.ts'
import { schedulesField } from '../job/schedule-options.ts'
import {
  type AnyField,
  choice,
  custom,
  duration,
  type Fields,
  type FieldsOf,
  type Parsed,
  text,
} from '../kit/options.ts'
import { openFields } from '../queue/open-options.ts'
import { workerFields } from '../worker/options.ts'
import type { ConfigOptions, LogOptions } from './define.ts'

/** Where the jobs are when nobody says it: one place for every command, so that they all see the same jobs. */
export const DEFAULT_STORE = 'sqlite:.millhand/dev.db'

export const logFields = {
  level: choice({
    of: ['debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
  }),
  format: choice({
    of: ['auto', 'lines', 'json'],
    default: 'auto',
  }),
  metrics: duration({ min: 1_000 }),
  redact: custom<readonly string[]>({
    expected: "a list of paths such as 'err.message' or 'jobs[*].name'",
    accepts: (value) => Array.isArray(value) && value.every(isLogPath),
  }),
} satisfies FieldsOf<LogOptions>

/** `err.message`, `jobs[*].name`, `["other-key"].x`: what pino would refuse is refused with the name of the option. */
function isLogPath(path: unknown): boolean {
  return typeof path === 'string' && LOG_PATH.test(path)
}

const IN_BRACKETS = /\[(?:"[^"]+"|'[^']+'|\*|\d+)\]/.source
const LOG_PATH = new RegExp(`^(?:\\*|[\\w$]+|${IN_BRACKETS})(?:\\.(?:\\*|[\\w$]+)|${IN_BRACKETS})*$`)

type ParsedLog = Parsed<typeof logFields>

export type LogSettings = Omit<ParsedLog, 'redact' | 'metrics'> &
  Partial<Pick<ParsedLog, 'redact' | 'metrics'>>

const topFields = {
  store: text({ default: DEFAULT_STORE }),
  jobs: custom<NonNullable<ConfigOptions['jobs']>>({
    expected: 'a list of job definitions and of paths of modules',
    accepts: Array.isArray,
  }),
  schedules: schedulesField(),
  roles: workerFields.roles,
  queues: queuesField(),
  limits: queueLimitsField(),
} satisfies FieldsOf<Pick<ConfigOptions, 'store' | 'jobs' | 'schedules' | 'roles' | 'queues' | 'limits'>>

// Retention has a section of its own, and the jobs, their schedules and the roles stand at the top.
const {
  jobs: _jobs,
  retention: _retention,
  schedules: _schedules,
  roles: _roles,
  ...workerSection
} = workerFields

const { aroundEnqueue, pendingMax, busyTimeout, enqueueTimeout, openTimeout, schema, notify, migrate } =
  openFields
const queueSection = {
  ...{ aroundEnqueue, pendingMax, busyTimeout, enqueueTimeout, openTimeout, schema, notify, migrate },
} satisfies FieldsOf<NonNullable<ConfigOptions['queue']>>

/** The sections of a configuration with their options; `top` is the file itself. */
export const SECTIONS = {
  top: topFields,
  worker: workerSection,
  queue: queueSection,
  retention: retentionFields,
  log: logFields,
} as const satisfies Record<string, Fields>

export type Section = keyof typeof SECTIONS

/** These are code, or more than a line: no variable can say them. */
const NO_VARIABLE: readonly string[] = [
  ...['worker.fallback', 'worker.canProcess', 'schedules', 'roles', 'queues', 'limits'],
  ...['worker.setup', 'worker.teardown', 'worker.secrets'],
  ...['worker.aroundRun', 'queue.aroundEnqueue'],
]

export interface ConfigOption {
  readonly section: Section
  readonly name: string
  /** As people write it: `worker.concurrency`. */
  readonly path: string
  readonly field: AnyField
  /** The environment variable that sets it, where a text can. */
  readonly variable: string | undefined
}

/** Every option of a configuration. */
export const OPTIONS: readonly ConfigOption[] = Object.entries(SECTIONS).flatMap(([section, fields]) =>
  Object.entries(fields as Fields).map(([name, field]) => {
    const path = section === 'top' ? name : `${section}.${name}`
    const variable = NO_VARIABLE.includes(path) ? undefined : variableOf(path)
    return { section: section as Section, name, path, field, variable }
  }),
)

/** Names the configuration file itself; not an option in it. */
export const CONFIG_VARIABLE = 'MILLHAND_CONFIG'

/** `worker.stopTimeout` is set by `MILLHAND_WORKER_STOP_TIMEOUT`. */
export function variableOf(path: string): string {
  return `MILLHAND_${path.replaceAll(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_')}`.toUpperCase()
}

/** Whether an option takes a value; one that throws when it is looked at is none that it takes. */
export function parses(field: AnyField, value: unknown): boolean {
  try {
    return field.parse(value) !== undefined
  } catch {
    return false
  }
}

/**
 * What a text means for an option: the text itself, a number, true or false, or a list with commas, whichever the
 * option takes first; `undefined` where it takes none of them.
 */
export function readText(field: AnyField, given: string): unknown {
  const readings: unknown[] = [
    given,
    Number(given),
    given === 'true' ? true : given === 'false' ? false : undefined,
  ]
  readings.push(given.split(',').map((item) => item.trim()))
  return readings.find((reading) => reading !== undefined && field.parse(reading) !== undefined)
}
