import { existsSync } from 'node:fs'
import type { CheckedConfig, Config, Flag, LoadOptions } from '../config/index.ts'
import type { OpenOptions } from '../queue/open-options.ts'
import type { Queue } from '../queue/queue.ts'
import { kindOf } from '../store/url.ts'
import type { Call } from './command.ts'
import { cliError } from './errors.ts'

interface StoreNeeds {
  /** The command needs the job definitions. */
  readonly jobs?: boolean
  /** The command needs the configuration file, even where `--store` says where the jobs are. */
  readonly file?: boolean
  /** A database that is not there is made; else its absence is an error, and no empty one is left behind. */
  readonly create?: boolean
  /** Refuses what can be refused before anything is opened, or made. */
  readonly before?: (config: Config) => void
}

/**
 * The configuration of a call. With `--store` and without `--config`, a command that only looks at a store reads no
 * file: it works whatever is wrong with that.
 *
 * @throws MillhandError `config_invalid`, `config_not_found`, `config_untrusted`, `config_load_failed`
 */
export async function loadFor(
  call: Call,
  needs: StoreNeeds,
  flags: readonly Flag[] = [],
): Promise<CheckedConfig> {
  const { loadConfig } = await import('../config/index.ts')
  return loadConfig(loadOptions(call, needs, flags))
}

export function loadOptions(
  { options }: Call,
  { jobs, file: needsFile }: StoreNeeds,
  flags: readonly Flag[],
): LoadOptions {
  const readsFile = jobs === true || needsFile === true || options.store === undefined
  const file = options.config ?? (readsFile ? undefined : false)
  const store = options.store === undefined ? [] : [{ path: 'store', flag: '--store', text: options.store }]
  const found = { jobs: jobs === true, flags: [...store, ...flags], required: false }
  return file === undefined ? found : { ...found, file }
}

/** Opens the queue of a call, and closes it when `use` has ended. @throws MillhandError `store_missing`, … */
export async function withQueue<Result>(
  call: Call,
  needs: StoreNeeds,
  use: (queue: Queue, config: Config) => Promise<Result>,
): Promise<Result> {
  const { config } = await loadFor(call, needs)
  needs.before?.(config)
  await requireStore(config, call.command, needs)
  const { openQueue } = await import('../queue/open.ts')
  const queue = await openQueue(config.store, { ...config.queue, jobs: config.specs, logger: false })
  try {
    return await use(queue, config)
  } finally {
    await queue.close()
  }
}

/** A worker may be started together with its database, in whatever order: it waits longer than a person would. */
const WORKERS_OPEN_TIMEOUT = '1m'

/** How a worker of the command line opens its queue: what is set for queues is as its configuration says. */
export function ofWorker({
  queue,
  queues,
  limits,
}: Pick<Config, 'queue' | 'queues' | 'limits'>): OpenOptions {
  return { openTimeout: WORKERS_OPEN_TIMEOUT, ...queue, queues, ...(limits && { limits }) }
}

/** The path of the file that a store is in; `undefined` where it is in none. */
export function fileOf(store: string): string | undefined {
  return store.startsWith('sqlite:') ? store.slice('sqlite:'.length) : undefined
}

/** A worker without any jobs is most often one that was started in the wrong folder. @throws MillhandError `config_not_found` */
export async function requireConfig({ file, folder, specs }: Config): Promise<void> {
  if (file !== undefined || specs.length > 0) return
  const { configError } = await import('../config/errors.ts')
  throw configError('config_not_found', { file: null, folder })
}

/** What all commands but the workers need: a store that others use too, and that is there. */
async function requireStore(config: Config, command: string, { create }: StoreNeeds): Promise<void> {
  await requireShared(config, command)
  // Asked of what may be made too: a server that cannot be reached is said to be so at once.
  if (!(await isThere(config)) && !create) {
    throw cliError('store_missing', { location: fileOf(config.store) ?? config.location })
  }
}

async function isThere(config: Config): Promise<boolean> {
  if (kindOf(config.store) !== 'postgres') return isFileThere(fileOf(config.store) ?? '')
  const [{ whenDatabaseIsThere }, { schemaState }] = await Promise.all([
    import('./postgres.ts'),
    import('../store/postgres/migrate.ts'),
  ])
  return whenDatabaseIsThere(config, async ({ session }) => (await schemaState(session)).version > 0)
}

/** What may not be looked at may be there: opening it says so. */
async function isFileThere(file: string): Promise<boolean> {
  if (existsSync(file)) return true
  const { mayBeRead } = await import('../store/sqlite/file/open.ts')
  return !mayBeRead(file)
}

/** A store that ends with its process holds nothing that another one could look at. */
export async function requireShared({ store }: Config, command: string): Promise<void> {
  if (store !== 'memory:') return
  const { storeError } = await import('../store/errors.ts')
  const instead =
    'Its jobs live in one process alone: name another one with --store sqlite:FILE or --store postgres://…'
  throw storeError('not_supported', { what: `millhand ${command}`, store: 'memory', instead })
}
