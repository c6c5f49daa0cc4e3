import type { QueueLimitOptions } from '../job/queue-limits.ts'
import type { QueueOptions } from '../job/queue-settings.ts'
import type { RetentionOptions } from '../job/retention.ts'
import type { ScheduleOf } from '../job/schedule-options.ts'
import type { AnyJobSpec, SpecOrName } from '../job/typed.ts'
import type { Duration } from '../kit/duration.ts'
import type { OpenOptions } from '../queue/open-options.ts'
import type { WorkerOptions } from '../worker/options.ts'
import type { Roles } from '../worker/served.ts'

/** Of each schedule, by its name, the job that it enqueues: its input is checked by the type of that. */
type ScheduledJobs = Readonly<Record<string, SpecOrName>>

/** What a configuration may say. docs/configuration.md has every option with its unit, default and minimum. */
export interface ConfigOptions<Scheduled extends ScheduledJobs = ScheduledJobs> {
  /**
   * Where the jobs are: `sqlite:FILE`, `postgres://USER:PASSWORD@HOST/DATABASE`, or `memory:` within one process. Default
   * `'sqlite:.millhand/dev.db'`.
   */
  readonly store?: string
  /** The job definitions; or paths and globs of modules, and every definition that those export. */
  readonly jobs?: readonly (AnyJobSpec | readonly AnyJobSpec[] | string)[]
  /** When jobs are enqueued by themselves, by the name of the schedule; every worker declares them. None by default. */
  readonly schedules?: { readonly [Name in keyof Scheduled]: ScheduleOf<Scheduled[Name]> }
  /** Named sets of jobs, of which a worker serves one by its `role`: `{ media: ['video.*', 'audio.transcode'] }`. None by default. */
  readonly roles?: Roles
  /** What is set for single queues, by name; every worker that the command line starts writes it to the store. Nothing by default. */
  readonly queues?: Readonly<Record<string, QueueOptions>>
  /** What the jobs of all queues are held to together; written to the store likewise, and left as it is by default. */
  readonly limits?: readonly QueueLimitOptions[]
  /** Of every worker that the command line starts. */
  readonly worker?: Omit<WorkerOptions, 'jobs' | 'retention' | 'schedules' | 'roles'>
  /** Of every queue that the command line opens. */
  readonly queue?: Pick<
    OpenOptions,
    | 'aroundEnqueue'
    | 'pendingMax'
    | 'busyTimeout'
    | 'enqueueTimeout'
    | 'openTimeout'
    | 'schema'
    | 'notify'
    | 'migrate'
  >
  /** How long settled jobs are kept. */
  readonly retention?: RetentionOptions
  /** What the command line logs, and how. */
  readonly log?: LogOptions
}

/** What the command line logs, and how. */
export interface LogOptions {
  /** What is logged: lines of this level and of the graver ones. Default `'info'`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `lines` for people, `json` for programs; `auto`: lines on a terminal, JSON elsewhere. Default `'auto'`. */
  readonly format?: 'auto' | 'lines' | 'json'
  /** How often `millhand work` logs a line of metrics; never by default. Minimum `'1s'`. */
  readonly metrics?: Duration
  /** What is masked besides: paths in a line, as pino has them. */
  readonly redact?: readonly string[]
}

/**
 * The configuration of the command line, for the default export of `millhand.config.ts`. Gives back what it is given:
 * it is checked when it is loaded, where everything that is wrong is told at once (`millhand check`).
 *
 * @example
 * const hello = defineJob({ name: 'example.hello', async run() {} })
 * export default defineConfig({
 *   store: 'sqlite:library.db',
 *   jobs: [hello, './jobs/*.ts'],
 *   worker: { concurrency: 20, stopTimeout: '1m' },
 * })
 */
export function defineConfig<const Scheduled extends ScheduledJobs>(
  options: ConfigOptions<Scheduled>,
): ConfigOptions<Scheduled> {
  return options
}
