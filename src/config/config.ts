import type { AnyJobDefinition } from '../job/defined.ts'
import type { RetentionOptions } from '../job/retention.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { ConfigOptions } from './define.ts'
import type { LogSettings } from './options.ts'

/** A configuration that was found valid. Options are as they were given: whoever takes them reads them. */
export interface Config {
  readonly file: string | undefined
  /** The folder of the file, or the working folder. */
  readonly folder: string
  /** With an absolute path, or the schema; a password may be in it. */
  readonly store: string
  /** The same, fit to be shown. */
  readonly location: string
  /** Whether somebody named the store, rather than leaving it to the default. */
  readonly storeNamed: boolean
  /** Everything that may be enqueued. */
  readonly specs: readonly AnyJobSpec[]
  /** Those of them that have a handler. */
  readonly definitions: readonly AnyJobDefinition[]
  readonly schedules: NonNullable<ConfigOptions['schedules']>
  readonly roles: NonNullable<ConfigOptions['roles']>
  readonly queues: NonNullable<ConfigOptions['queues']>
  readonly limits?: ConfigOptions['limits']
  readonly worker: NonNullable<ConfigOptions['worker']>
  readonly queue: NonNullable<ConfigOptions['queue']>
  readonly retention: RetentionOptions
  readonly log: LogSettings
}
