import type { Dirent } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** A file to index, or a note about something that the walk passed by. */
export type Walked = { kind: 'file'; path: string } | { kind: 'note'; path: string; reason: string }

export interface WalkOptions {
  signal?: AbortSignal
}

/**
 * The files of a folder and of the folders in it, each folder in the order of its names. Paths are absolute.
 *
 * Hidden files and folders (`.git` among them) and `node_modules` are passed by without a note. Links are not followed,
 * so a loop of links is no loop here. It holds the names of the folders that it is in at the moment, nothing else.
 * Throws when `root` itself is not a folder or cannot be read.
 */
export async function* walk(root: string, { signal }: WalkOptions = {}): AsyncGenerator<Walked> {
  const start = resolve(root)
  await expectFolder(start)
  // A stack instead of recursion: a generator inside a generator inside a generator makes every file as dear as deep.
  const open: Listing[] = [await list(start)]
  for (let folder = open.at(-1); folder; folder = open.at(-1)) {
    signal?.throwIfAborted()
    const entry = folder.entries.pop()
    if (!entry) {
      open.pop()
      continue
    }
    const path = join(folder.path, entry.name)
    if (entry.type !== 'folder') {
      yield await look(path, entry)
      continue
    }
    try {
      open.push(await list(path))
    } catch (error) {
      yield { kind: 'note', path, reason: `a folder that cannot be read: ${codeOf(error)}` }
    }
  }
}

async function expectFolder(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    throw new Error(
      `The folder '${path}' cannot be read (${codeOf(error)}). Give the path of a folder that exists.`,
    )
  })
  if (!stats.isDirectory()) throw new Error(`'${path}' is not a folder. Give the path of a folder.`)
}

interface Listing {
  path: string
  /** Last name first, so that taking the next one is a pop. */
  entries: Entry[]
}

interface Entry {
  name: string
  type: 'file' | 'folder' | 'link' | 'special'
}

async function list(path: string): Promise<Listing> {
  const entries: Entry[] = []
  for await (const entry of await opendir(path, { bufferSize: READ_AHEAD })) {
    if (!passedBy(entry.name)) entries.push({ name: entry.name, type: typeOf(entry) })
  }
  // By code unit, not by locale: the same order on every machine.
  entries.sort((one, other) => (one.name < other.name ? 1 : -1))
  return { path, entries }
}

/** Entries fetched from the system at a time; its default of 32 makes a folder of 10,000 files slow. */
const READ_AHEAD = 1024

function passedBy(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}

function typeOf(entry: Dirent): Entry['type'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'special'
}

async function look(path: string, { name, type }: Entry): Promise<Walked> {
  if (type === 'link') return { kind: 'note', path, reason: 'a link, not followed' }
  if (type !== 'file') return { kind: 'note', path, reason: 'a pipe, socket or device, not opened' }
  if (name.includes('\ufffd') && !(await exists(path))) return { kind: 'note', path, reason: UNREADABLE_NAME }
  return { kind: 'file', path }
}

/** Such a name arrives with replacement characters in it, and the path made of it leads nowhere. */
const UNREADABLE_NAME = 'its name is not in UTF-8, so no path leads to it'

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
