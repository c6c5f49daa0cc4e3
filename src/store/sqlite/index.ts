import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Clock, systemClock } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { siblingModule } from '../../kit/module.ts'
import { storeError } from '../errors.ts'
import { type Opening, openPatiently } from '../opening.ts'
import type { Store } from '../store.ts'
import { StoreAccess } from './access.ts'
import { BEAT_SCRIPT } from './beat-script.ts'
import { Connection } from './connection.ts'
import { isRefusal, mayBeRead } from './file/open.ts'
import { FOLDER_OWNER_ALONE } from './file/private-file.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { Notices } from './notices.ts'
import { roles } from './roles.ts'

interface SqliteOptions {
  /** The file; made, with its folder, where there is none. */
  readonly file: string
  readonly clock?: Clock
  /** Whether to bring the file to the newest version. Default true; `false` refuses an older one. */
  readonly migrate?: boolean
  /** How long transactions that are open when the store is closed get to end by themselves. Default 5 s. */
  readonly closeWaitMs?: number
  /** How long another process is waited for that has locked the file, as one that migrates it. */
  readonly opening?: Opening
}

/**
 * Opens a store in one SQLite file. One that may not be written, and needs no migration, is there to be looked at.
 *
 * @throws MillhandError `store_unavailable`, `store_corrupt`, `store_newer`, `store_older`, `store_read_only`, `store_unreadable`,
 *   `store_busy`
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const file = resolve(options.file)
  const clock = options.clock ?? systemClock
  makeFolder(dirname(file), file)
  const { opening = {} } = options
  const connection = await openPatiently(file, opening, () => new Connection(file))
  try {
    const prepare = () =>
      options.migrate === false ? requireMigrated(connection) : migrate(connection, clock.now())
    await openPatiently<unknown>(file, opening, prepare)
  } catch (error) {
    connection.close()
    throw error
  }
  return compose(new StoreAccess(connection, clock, options.closeWaitMs), clock)
}

function compose(access: StoreAccess, clock: Clock): Store {
  const { connection, transactions } = access
  const notices = new Notices(connection, access.ownWrites)
  return {
    kind: 'sqlite',
    location: connection.file,
    capabilities: {
      remote: false,
      multiProcess: true,
      transactions: true,
      beatThread: beatThread(access, clock),
    },
    ...roles(access),
    async transaction(body, { signal } = {}) {
      access.requireOpen()
      connection.requireInPlace()
      return transactions.run(body, signal)
    },
    async insertIn(handle, jobs, pendingMax) {
      access.requireOpen()
      const open = transactions.within(handle)
      if (!open) throw storeError('foreign_transaction', { store: 'sqlite' })
      return open.insert(jobs, pendingMax)
    },
    insideTransaction: () => transactions.isInside(),
    listen: (_kind, onNotice) => notices.listen(onNotice),
    now: () => access.read(access.now),
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
    mkdirSync(folder, { mode: FOLDER_OWNER_ALONE })
  } catch (error) {
    // Another process may have made it meanwhile.
    if (existsSync(folder)) return
    if (!mayBeRead(location)) throw storeError('store_unreadable', { location }, { cause: error })
    if (isRefusal((error as NodeJS.ErrnoException).code ?? '')) {
      throw storeError('store_read_only', { location, missing: true }, { cause: error })
    }
    throw storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
  }
}
