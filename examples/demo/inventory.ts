import { sep } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Job } from 'millhand'
import type { ExpectedFile } from './audit.ts'

/**
 * What the walk found, beside the index in the same file: one row a file, with the job that was enqueued for it and
 * how that job ended. It outlives the run, so that the next one on the same database need not do again what is done;
 * and it keeps the list of a hundred thousand files out of the memory.
 */
export function createInventory(db: DatabaseSync): void {
  db.exec(`
    create table if not exists files (
      path text primary key, size integer not null, modified_ms real not null, run integer not null,
      job_id text, state text, reason text, crashes integer not null default 0
    ) strict;
    create index if not exists files_job on files (job_id);
    create index if not exists files_run on files (run);
  `)
}

/** The number of a new run on this database, from 1. */
export function nextRun(db: DatabaseSync): number {
  const { last } = db.prepare('select max(run) as last from files').get() as { last: number | null }
  return (last ?? 0) + 1
}

/** A file as it was found. */
export interface FoundFile {
  path: string
  size: number
  modifiedMs: number
}

/**
 * Notes that these files were found in this run, and gives those that need a job: not what an earlier run has indexed
 * or skipped and nobody has changed since.
 */
export function noteFound(db: DatabaseSync, run: number, files: readonly FoundFile[]): FoundFile[] {
  const keep =
    db.prepare(`update files set run = ?, job_id = null, crashes = 0, state = coalesce(state, 'complete')
    where path = ? and size = ? and modified_ms = ? and (state in ('complete', 'skipped') or exists (
      select 1 from documents where documents.path = files.path and documents.job_id = files.job_id))`)
  const add = db.prepare('insert or replace into files (path, size, modified_ms, run) values (?, ?, ?, ?)')
  const needed = files.filter(
    ({ path, size, modifiedMs }) => keep.run(run, path, size, modifiedMs).changes === 0,
  )
  forget(
    db,
    needed.map(({ path }) => path),
  )
  for (const { path, size, modifiedMs } of needed) add.run(path, size, modifiedMs, run)
  return needed
}

/** Notes which job was enqueued for a file. */
export function noteJobs(db: DatabaseSync, jobs: Iterable<{ path: string; id: string }>): void {
  const update = db.prepare('update files set job_id = ? where path = ?')
  for (const { path, id } of jobs) update.run(id, path)
}

/** Takes the files of earlier runs that are below `folder` and are not there any more out of the index. */
export function forgetVanished(db: DatabaseSync, run: number, folder: string): number {
  const prefix = folder.endsWith(sep) ? folder : folder + sep
  const rows = db.prepare('select path from files where run < ?1 and substr(path, 1, length(?2)) = ?2')
  const paths = rows.all(run, prefix).map((row) => String(row.path))
  forget(db, paths)
  db.prepare('delete from files where path in (select value from json_each(?))').run(JSON.stringify(paths))
  return paths.length
}

/** Removes documents from the index; one look through all the passages, however many they are. */
function forget(db: DatabaseSync, paths: readonly string[]): void {
  const indexed = db.prepare('select 1 from applied where path = ?')
  const stale = JSON.stringify(paths.filter((path) => indexed.get(path)))
  if (stale === '[]') return
  for (const table of ['passages', 'documents', 'applied']) {
    db.prepare(`delete from ${table} where path in (select value from json_each(?))`).run(stale)
  }
}

/** Notes how jobs ended. */
export function noteEnds(db: DatabaseSync, run: number, jobs: readonly Job[]): void {
  const update = db.prepare(
    'update files set state = ?, reason = ?, crashes = ? where job_id = ? and run = ?',
  )
  for (const job of jobs) {
    const { state, reason } = endOf(job)
    update.run(state, reason, job.crashes, job.id, run)
  }
}

function endOf(job: Job): { state: string | null; reason: string | null } {
  switch (job.state) {
    case 'complete':
      return { state: job.outcome === 'skipped' ? 'skipped' : 'complete', reason: job.reason ?? null }
    case 'failed': {
      const { kind, message } = job.failure
      return { state: 'failed', reason: kind === 'error' ? message : `${kind}: ${message}` }
    }
    case 'cancelled':
      return { state: 'failed', reason: `cancelled: ${job.reason}` }
    default:
      return { state: null, reason: null }
  }
}

/** What a run came to, by its jobs. */
export interface Ends {
  jobs: number
  complete: number
  skipped: number
  failed: number
  rescued: number
}

export function countEnds(db: DatabaseSync, run: number): Ends {
  const row = db.prepare(`select count(*) as jobs,
    count(*) filter (where state = 'complete') as complete,
    count(*) filter (where state = 'skipped') as skipped,
    count(*) filter (where state = 'failed') as failed,
    count(*) filter (where crashes > 0) as rescued
    from files where run = ? and job_id is not null`)
  return { ...(row.get(run) as unknown as Ends) }
}

export interface Reason {
  reason: string
  files: number
}

/** Why files were skipped or failed, the most frequent reason first. */
export function reasonsFor(db: DatabaseSync, run: number, state: 'skipped' | 'failed'): Reason[] {
  const rows = db.prepare(`select reason, count(*) as files from files
    where run = ? and state = ? and job_id is not null group by reason order by files desc, reason`)
  return rows.all(run, state) as unknown as Reason[]
}

/** How many files of a run are noted. */
export function countFiles(db: DatabaseSync, run: number): number {
  return Number(db.prepare('select count(*) as files from files where run = ?').get(run)?.files)
}

/** All files of a run, and whether their text should be in the index, for the audit. */
export function* expectedFiles(db: DatabaseSync, run: number): Generator<ExpectedFile> {
  const rows = db.prepare(`select path, coalesce(state, '') not in ('skipped', 'failed') as indexed
    from files where run = ?`)
  for (const row of rows.iterate(run)) yield { path: String(row.path), indexed: row.indexed === 1 }
}
