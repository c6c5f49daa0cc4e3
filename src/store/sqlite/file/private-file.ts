import { closeSync, existsSync, lstatSync, openSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Payloads stand in it as they are: it is for whoever made it, until that one says otherwise. */
const OWNER_ALONE = 0o600

/** What the folder of a database is made with, where Millhand makes it. */
export const FOLDER_OWNER_ALONE = 0o700

/** As many as the system follows itself. */
const LINKS_MAX = 40

/**
 * Makes an empty file, which SQLite takes for a new database, so that nobody but its owner can read it from its first
 * byte on. What SQLite makes beside it gets the mode of the file. One that is there is left alone: also not opened, since
 * to close it again would drop the locks that this process has on it.
 */
export function makePrivate(file: string): void {
  if (existsSync(file)) return
  try {
    closeSync(openSync(meant(file), 'wx', OWNER_ALONE))
  } catch {
    // Somebody else has just made it, or it cannot be made: SQLite says so, in its own words.
  }
}

/** Where a link leads to that has nothing at its end: exclusively, a file is never made through one. */
function meant(path: string, links = 0): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  return isLink && links < LINKS_MAX ? meant(resolve(dirname(path), readlinkSync(path)), links + 1) : path
}
