import type { AnyJobSpec } from '../job/definition.ts'
import type { RetentionOptions } from '../job/retention.ts'
import type { Given } from '../kit/options.ts'
import type { OpenOptions } from '../queue/open.ts'
import type { WorkerOptions } from '../worker/options.ts'
import type { logFields } from './options.ts'

/** What a configuration may say. docs/configuration.md has every option with its unit, default and minimum. */
export interface ConfigOptions {
  /** Where the jobs are: `sqlite:FILE`, relative to the file, or `postgres://…`. Default `sqlite:.millhand/dev.db`. */
  readonly store?: string
  /** Definitions, and paths or globs of modules that export some, relative to the file. */
  readonly jobs?: readonly (AnyJobSpec | readonly AnyJobSpec[] | string)[]
  /** Of every worker that the command line starts. */
  readonly worker?: Omit<WorkerOptions, 'jobs' | 'retention'>
  readonly queue?: Pick<
    OpenOptions,
    'pendingMax' | 'busyTimeout' | 'enqueueTimeout' | 'openTimeout' | 'schema' | 'notify' | 'migrate'
  >
  /** How long settled jobs are kept. */
  readonly retention?: RetentionOptions
  readonly log?: Given<typeof logFields>
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
export function defineConfig(options: ConfigOptions): ConfigOptions {
  return options
}
