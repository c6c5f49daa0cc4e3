import { accessSync, constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../kit/clock.ts'
import { formatDuration } from '../../kit/duration.ts'
import { asError } from '../../kit/error.ts'
import { isFolder, mayBeRead } from '../../store/sqlite/file/open.ts'
import { inspectFile, schemaState } from '../database.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { checkSchema } from './schema.ts'

const MIB = 1024 * 1024
/** The log of a busy database alone may take 16 MiB, and pruned space is not given back. */
const DISK_FREE_FAIL_BYTES = 100 * MIB
const DISK_FREE_WARN_BYTES = 1024 * MIB
/** A disk that is another machine's has its own clock; leases are as exact as clocks agree. */
const CLOCK_OFF_MS = 2_000

/** Looks at the file and its folder from outside. */
export function checkPlace(file: string): Finding[] {
  const folder = nearestFolder(dirname(file))
  return [checkFile(file), ...checkFolder(folder), checkDisk(folder)]
}

/** Looks into the file, through a connection that cannot write; not into a folder, nor what may not be read. */
export function checkDatabase(file: string): Finding[] {
  if (isFolder(file) || !mayBeRead(file)) return []
  try {
    return [
      checkSchema(schemaState(file)),
      ...inspectFile(file, (db) => [checkJournal(db), checkIntegrity(db)]),
    ]
  } catch (error) {
    const mend = 'Restore it from a backup, or name another file with --store.'
    return [fail('opens', asError(error).message, mend)]
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestFolder(dirname(folder))
}

function checkFile(file: string): Finding {
  if (!mayBeRead(file)) return unreadable(file)
  if (existsSync(file)) return writable(file)
  return warn('file', `${file} is not there yet`, 'Nothing to mend: the first enqueue or worker makes it.')
}

function writable(file: string): Finding {
  if (isFolder(file)) return fail('file', `${file} is a folder`, 'Name a file in it with --store.')
  try {
    accessSync(file, constants.W_OK)
    return ok('file', file)
  } catch (error) {
    return isOnReadOnly(error)
      ? fail('file', `${file} cannot be written: ${READ_ONLY}`, MOUNT)
      : fail('file', `${file} cannot be written`, 'Change its permissions, or run as its owner.')
  }
}

function unreadable(file: string): Finding {
  const mend = 'Run as its owner, or change its permissions and those of the folders above it.'
  return fail('file', `${file} may not be read by this user`, mend)
}

const READ_ONLY = 'its file system is read-only'
const MOUNT = 'Mount it so that it can be written, or use another file; looking at this one works.'

function isOnReadOnly(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EROFS'
}

/** SQLite keeps its log beside the file, so that the folder has to be writable too. */
function checkFolder(folder: string): Finding[] {
  const probe = join(folder, `.millhand-doctor-${process.pid}`)
  try {
    writeFileSync(probe, '')
    const offMs = Math.round(statSync(probe).mtimeMs - systemClock.now())
    rmSync(probe)
    return [ok('folder', `${folder} can be written`), checkClock(offMs)]
  } catch (error) {
    if (isOnReadOnly(error)) return [fail('folder', `${folder} cannot be written: ${READ_ONLY}`, MOUNT)]
    const text = `${folder} cannot be written: ${asError(error).message}`
    return [fail('folder', text, 'Change its permissions: SQLite keeps its log beside the file.')]
  }
}

function checkClock(offMs: number): Finding {
  const off = Math.abs(offMs)
  if (off <= CLOCK_OFF_MS) return ok('clock', 'the clock of the file system agrees')
  const text = `the clock of the file system is ${formatDuration(off)} ${offMs > 0 ? 'ahead' : 'behind'}`
  return warn('clock', text, 'Keep the database on a local disk, and let NTP set the clocks.')
}

function checkDisk(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${Math.floor(free / MIB)} MiB free`
  const mend = "Free some space, shorten the retention, or run 'millhand prune'."
  if (free < DISK_FREE_FAIL_BYTES) return fail('disk', text, mend)
  return free < DISK_FREE_WARN_BYTES ? warn('disk', text, mend) : ok('disk', text)
}

function checkJournal(db: DatabaseSync): Finding {
  const mode = String(db.prepare('pragma journal_mode').get()?.journal_mode)
  if (mode === 'wal') return ok('journal', 'write-ahead log is on')
  const mend = 'Opening it switches the log on; if it stays off, move the file to a local disk.'
  return warn('journal', `the journal is '${mode}', not the write-ahead log`, mend)
}

function checkIntegrity(db: DatabaseSync): Finding {
  const first = String(db.prepare('pragma quick_check(1)').get()?.quick_check)
  if (first === 'ok') return ok('integrity', 'the file is sound')
  return fail('integrity', `the file is damaged: ${first}`, 'Stop the workers and restore it from a backup.')
}
