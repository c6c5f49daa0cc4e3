import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Clock, sleep, systemClock } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { siblingModule } from '../../kit/module.ts'
import { isTransient, storeError } from '../errors.ts'
import type { Store } from '../store.ts'
import { StoreAccess } from './access.ts'
import { BEAT_SCRIPT } from './beat-script.ts'
import { Connection } from './connection.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { Notices } from './notices.ts'
import { roles } from './roles.ts'

interface SqliteOptions {
  /** The file; made, with its folder, where there is none. */
  readonly file: string
  readonly clock?: Clock
  /** Whether to bring the file to the newest version. Default true; `false` refuses an older one. */
  readonly migrate?: boolean
}

/** Another process that migrates the same file at the same time is waited for this long. */
const OPEN_TRIES = 100
const OPEN_RETRY_MS = 20

/** Opens a store in one SQLite file. @throws MillhandError `store_unavailable`, `store_corrupt`, `store_newer`, `store_older`, `store_read_only` */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const file = resolve(options.file)
  const clock = options.clock ?? systemClock
  makeFolder(dirname(file), file)
  const connection = await patiently(() => new Connection(file), file)
  try {
    const prepare = () =>
      options.migrate === false ? requireMigrated(connection) : migrate(connection, clock.now())
    await patiently<unknown>(prepare, file)
  } catch (error) {
    connection.close()
    throw error
  }
  return compose(connection, clock, file)
}

function compose(connection: Connection, clock: Clock, file: string): Store {
  const access = new StoreAccess(connection, clock)
  const { transactions } = access
  const notices = new Notices(connection, access.ownWrites)
  return {
    kind: 'sqlite',
    location: file,
    capabilities: {
      remote: false,
      multiProcess: true,
      transactions: true,
      beatThread: beatThread(access, clock),
    },
    ...roles(access),
    async transaction(body) {
      access.requireOpen()
      return transactions.run(body)
    },
    async insertIn(handle, jobs, pendingMax) {
      access.requireOpen()
      if (!transactions.isOpen(handle)) throw storeError('foreign_transaction', { store: 'sqlite' })
      return transactions.within().insert(jobs, pendingMax)
    },
    insideTransaction: () => transactions.isInside(),
    listen: (onNotice) => notices.listen(onNotice),
    now: () => access.read((_, nowMs) => nowMs),
    async close() {
      notices.close()
      await access.close()
    },
  }
}

/** An injected clock cannot reach into a thread; then the event loop beats. */
function beatThread({ connection, ownWrites }: StoreAccess, clock: Clock) {
  return clock === systemClock
    ? {
        code: BEAT_SCRIPT ?? siblingModule(import.meta.url, './beat-thread'),
        data: { file: connection.file, ownWrites: ownWrites.shared },
      }
    : null
}

/** Folder by folder: Node's own `recursive` never returns where a folder cannot be made, as in /proc. */
function makeFolder(folder: string, location: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder), location)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have made it meanwhile.
    if (existsSync(folder)) return
    throw storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
  }
}

/** Waits in real time, whatever clock is injected: what it waits for is another process. */
async function patiently<Result>(body: () => Result, location: string): Promise<Result> {
  for (let tries = 1; tries < OPEN_TRIES; tries += 1) {
    try {
      return body()
    } catch (error) {
      if (!isTransient(error)) throw error
    }
    await sleep(systemClock, OPEN_RETRY_MS)
  }
  throw storeError('store_busy', { location, waitedMs: OPEN_TRIES * OPEN_RETRY_MS })
}
