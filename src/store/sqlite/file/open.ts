import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { storeError } from '../../errors.ts'
import { primaryCode, SQLITE } from './codes.ts'
import { DatabaseSync } from './node-sqlite.ts'
import { makePrivate } from './private-file.ts'

interface OpenOptions {
  /** How long SQLite itself waits for a lock, blocking the thread. */
  readonly timeout: number
  readonly readOnly?: boolean
  /** Whether the file is made where there is none. Default true. */
  readonly create?: boolean
}

interface Opened {
  readonly db: DatabaseSync
  /** It is read as it stands: whatever is written to it later would not be seen, or seen in halves. */
  readonly unchanging: boolean
}

/** Fewer, larger checkpoints: 4,000 pages of 4 KiB, 16 MiB of log. */
const CHECKPOINT_PAGES = 4_000

const SETTINGS = `
  pragma journal_mode = wal;
  pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
  pragma journal_size_limit = ${CHECKPOINT_PAGES * 4096};
  pragma foreign_keys = off;
`

/** Opens the log as well, which SQLite does with the first look. */
const LOOK = 'select count(*) from sqlite_master'

/**
 * Opens a file to be read and written, or, where it may not be written, to be read: with its log if somebody else
 * writes it, and without where there is none and none can be made.
 */
export function openDatabase(file: string, { create = true, ...options }: OpenOptions): Opened {
  requireNoFolder(file)
  if (create && !options.readOnly) makePrivate(file)
  const db = new DatabaseSync(create ? file : existing(file), options)
  try {
    db.exec(options.readOnly ? LOOK : `${SETTINGS} ${LOOK}`)
    return { db, unchanging: false }
  } catch (error) {
    db.close()
    if (!isUnwritable(error, file) || hasLog(file)) throw error
    return { db: openUnchanging(file), unchanging: true }
  }
}

/** Whether the rights of this process let it read the file; not where it may not even see whether there is one. */
export function mayBeRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch (error) {
    return !isRefusal((error as NodeJS.ErrnoException).code ?? '')
  }
}

/** SQLite says of a folder what it says of a disk that is broken. @throws MillhandError `store_unavailable` */
function requireNoFolder(file: string): void {
  if (!isFolder(file)) return
  throw storeError('store_unavailable', { location: file, problem: 'it is a folder. Name a file in it' })
}

/** A path that cannot be looked at is left to SQLite, which says what is wrong with it. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The file as SQLite names it, to be opened only where it is. */
function existing(file: string): URL {
  const url = pathToFileURL(file)
  url.search = '?mode=rw'
  return url
}

/** On a read-only file system SQLite only says that it could not open something. */
function isUnwritable(error: unknown, file: string): boolean {
  const code = primaryCode(error)
  return (
    code === SQLITE.readonly || (code === SQLITE.cannotOpen && existsSync(file) && isReadOnly(dirname(file)))
  )
}

/** As it stands: SQLite would need a log beside it else, though there is nothing in it. */
function openUnchanging(file: string): DatabaseSync {
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, { readOnly: true })
}

/** What is in the log and not in the file yet would not be seen without it. */
function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** Whether the file system, or the rights of this process, let nothing be written there. */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && path !== dirname(path)) return isReadOnly(dirname(path))
    return isRefusal(code)
  }
}

/** What the operating system says of a place where nothing may be written. */
export function isRefusal(code: string): boolean {
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
}
