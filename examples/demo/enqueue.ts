import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import type { Queue } from 'millhand'
import { indexFile } from './jobs.ts'
import { type FoundFile, forgetVanished, noteFound, noteJobs } from './library/inventory.ts'
import { type Handle, libraryOn } from './library/library.ts'
import type { Place } from './place.ts'
import { walk } from './walk.ts'

/** Files of one transaction: enough that its flush to the disk is nothing beside them, few enough to hold in memory. */
export const BATCH_FILES = 500

/** What has been found and enqueued so far. */
export interface Found {
  files: number
  jobs: number
  /** Files that an earlier run on this database has done and nobody has changed since. */
  unchanged: number
  /** Files of earlier runs that are not there any more. */
  vanished: number
  /** What the walk passed by, by reason. */
  passedBy: Map<string, number>
  /** The walk has ended and every job is enqueued. */
  complete: boolean
}

export interface Enqueuing {
  queue: Queue
  place: Place
  folder: string
  run: number
  signal: AbortSignal
}

export function nothingFound(): Found {
  return { files: 0, jobs: 0, unchanged: 0, vanished: 0, passedBy: new Map(), complete: false }
}

/** Walks the folder and enqueues a job for every file, batch by batch; keeps `found` up to date, and yields after each. */
export async function* enqueueFolder(found: Found, enqueuing: Enqueuing): AsyncGenerator<void> {
  const { folder, run, queue, place, signal } = enqueuing
  let batch: string[] = []
  for await (const walked of walk(folder, { signal })) {
    if (walked.kind === 'note') {
      found.passedBy.set(walked.reason, (found.passedBy.get(walked.reason) ?? 0) + 1)
      continue
    }
    // The database itself and what belongs to it, where the walk meets them.
    if (place.files !== undefined && walked.path.startsWith(place.files)) continue
    batch.push(walked.path)
    if (batch.length < BATCH_FILES) continue
    await enqueueBatch(found, enqueuing, batch)
    batch = []
    yield
  }
  await enqueueBatch(found, enqueuing, batch)
  found.vanished = await queue.transaction((tx: Handle) => forgetVanished(libraryOn(tx), run, folder))
  found.complete = true
  yield
}

/** The list of files and the jobs for them are committed together: no file without its job, no job without its file. */
async function enqueueBatch(
  found: Found,
  { queue, run }: Enqueuing,
  paths: readonly string[],
): Promise<void> {
  const files = await Promise.all(paths.map(lookAt))
  const jobs = await queue.transaction(async (tx: Handle) => {
    const library = libraryOn(tx)
    const needed = await noteFound(library, run, files)
    if (needed.length === 0) return 0
    const handles = await queue.enqueueMany(
      needed.map(({ path }) => ({ job: indexFile, input: { path }, options: { key: keyOf(path), tx } })),
    )
    await noteJobs(
      library,
      handles.map(({ id }, index) => ({ id, path: needed[index]?.path ?? '' })),
    )
    return handles.length
  })
  found.files += files.length
  found.jobs += jobs
  found.unchanged += files.length - jobs
}

async function lookAt(path: string): Promise<FoundFile> {
  const stats = await lstat(path).catch(() => undefined)
  return { path, size: stats?.size ?? -1, modifiedMs: Math.floor(stats?.mtimeMs ?? -1) }
}

const KEY_CHARACTERS_MAX = 512

/** The path, where it may be a key: those are short and have no control characters. */
function keyOf(path: string): string {
  const fits = path.length <= KEY_CHARACTERS_MAX && path.isWellFormed() && !/\p{Cc}/u.test(path)
  return fits ? path : createHash('sha256').update(path).digest('hex')
}
