import { sep } from 'node:path'
import type { Job } from 'millhand'
import { rowsAsJson } from './database.ts'
import { removeDocuments } from './documents.ts'
import type { Library } from './library.ts'

/**
 * What the walk found, beside the index in the same database: one row a file, with the job that was enqueued for it and
 * how that job ended. It outlives the run, so that the next one on the same database need not do again what is done;
 * and it keeps the list of a hundred thousand files out of the memory.
 */
export async function createInventory({ database }: Library): Promise<void> {
  await database.execute(`
    create table if not exists files (
      path text not null, size bigint not null, modified_ms bigint not null, run bigint not null,
      job_id text, state text, reason text, crashes bigint not null default 0
    );
    create index if not exists files_path on files ${database.hashed} (path);
    create index if not exists files_job on files (job_id);
    create index if not exists files_run on files (run);
  `)
}

/** The number of a new run on this database, from 1. */
export async function nextRun({ database }: Library): Promise<number> {
  const [row] = await database.rows<{ last: number | null }>('select max(run) as last from files')
  return (row?.last ?? 0) + 1
}

/** A file as it was found. */
export interface FoundFile {
  path: string
  size: number
  /** A whole number. */
  modifiedMs: number
}

/**
 * Notes that these files were found in this run, and gives those that need a job: not what an earlier run has indexed
 * or skipped and nobody has changed since.
 */
export async function noteFound(
  library: Library,
  run: number,
  files: readonly FoundFile[],
): Promise<FoundFile[]> {
  const { database } = library
  // An interrupted run may have left jobs that end just now: either their documents are seen here, or their keys are
  // still held when these files are enqueued.
  await database.claim('documents')
  const given = database.given({ path: 'text', size: 'bigint', modified_ms: 'bigint' })
  const kept = await database.rows<{ path: string }>(
    `update files set run = $2, job_id = null, crashes = 0, state = coalesce(files.state, 'complete') from ${given}
    where files.path = given.path and files.size = given.size and files.modified_ms = given.modified_ms
      and (files.state in ('complete', 'skipped') or exists (
        select 1 from documents where documents.path = files.path and documents.job_id = files.job_id))
    returning files.path`,
    asRows(files),
    run,
  )
  const unchanged = new Set(kept.map(({ path }) => path))
  const needed = files.filter(({ path }) => !unchanged.has(path))
  const paths = needed.map(({ path }) => path)
  await removeDocuments(library, paths)
  await forgetFiles(library, paths)
  await database.rows(
    `insert into files (path, size, modified_ms, run)
    select path, size, modified_ms, cast($2 as bigint) from ${given}`,
    asRows(needed),
    run,
  )
  return needed
}

function asRows(files: readonly FoundFile[]): string {
  return rowsAsJson(files.map(({ path, size, modifiedMs }) => ({ path, size, modified_ms: modifiedMs })))
}

/** Notes which job was enqueued for a file. */
export async function noteJobs(
  { database }: Library,
  jobs: readonly { path: string; id: string }[],
): Promise<void> {
  const given = database.given({ path: 'text', id: 'text' })
  const statement = `update files set job_id = given.id from ${given} where files.path = given.path`
  await database.rows(statement, rowsAsJson(jobs))
}

/** Takes the files of earlier runs that are below `folder` and are not there any more out of the index. */
export async function forgetVanished(library: Library, run: number, folder: string): Promise<number> {
  const prefix = folder.endsWith(sep) ? folder : folder + sep
  const vanished = await library.database.rows<{ path: string }>(
    `select path from files
    where run < $1 and substr(path, 1, length(cast($2 as text))) = cast($2 as text)`,
    run,
    prefix,
  )
  const paths = vanished.map(({ path }) => path)
  await removeDocuments(library, paths)
  await forgetFiles(library, paths)
  return paths.length
}

async function forgetFiles({ database }: Library, paths: readonly string[]): Promise<void> {
  const statement = `delete from files where path in (select path from ${database.given({ path: 'text' })})`
  await database.rows(statement, rowsAsJson(paths.map((path) => ({ path }))))
}

/** Notes how jobs ended. */
export async function noteEnds({ database }: Library, run: number, jobs: readonly Job[]): Promise<void> {
  const given = database.given({ id: 'text', state: 'text', reason: 'text', crashes: 'bigint' })
  const ends = jobs.map((job) => ({ id: job.id, crashes: job.crashes, ...endOf(job) }))
  await database.rows(
    `update files set state = given.state, reason = given.reason, crashes = given.crashes from ${given}
    where files.job_id = given.id and files.run = $2`,
    rowsAsJson(ends),
    run,
  )
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

export async function countEnds({ database }: Library, run: number): Promise<Ends> {
  const [row] = await database.rows<Ends>(
    `select count(*) as jobs,
      count(*) filter (where state = 'complete') as complete,
      count(*) filter (where state = 'skipped') as skipped,
      count(*) filter (where state = 'failed') as failed,
      count(*) filter (where crashes > 0) as rescued
    from files where run = $1 and job_id is not null`,
    run,
  )
  return { jobs: 0, complete: 0, skipped: 0, failed: 0, rescued: 0, ...row }
}

export interface Reason {
  reason: string
  files: number
}

/** Why files were skipped or failed, the most frequent reason first. */
export function reasonsFor(
  { database }: Library,
  run: number,
  state: 'skipped' | 'failed',
): Promise<Reason[]> {
  const statement = `select reason, count(*) as files from files
    where run = $1 and state = $2 and job_id is not null group by reason order by files desc, reason`
  return database.rows(statement, run, state)
}

/** How many files of a run are noted. */
export async function countFiles({ database }: Library, run: number): Promise<number> {
  const [row] = await database.rows<{ files: number }>(
    'select count(*) as files from files where run = $1',
    run,
  )
  return row?.files ?? 0
}
