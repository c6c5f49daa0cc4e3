import type { Queue } from 'millhand'
import type { Found } from './enqueue.ts'
import { indexFile } from './jobs.ts'
import { audit } from './library/audit.ts'
import { type Totals, totals } from './library/documents.ts'
import { countEnds, countFiles, type Ends, noteEnds, type Reason, reasonsFor } from './library/inventory.ts'
import { type Handle, type Library, libraryOn } from './library/library.ts'
import type { Ran } from './run.ts'
import { grouped, plural, printable, seconds } from './wording.ts'

export interface Finished extends Ran {
  queue: Queue
  /** A connection for reading. */
  library: Library
}

/** What a run came to. */
export interface Report extends Ends {
  found: Found
  lost: number
  duplicates: number
  unexpected: number
  elapsedMs: number
  index: Totals
  reasons: { skipped: Reason[]; failed: Reason[] }
}

/** How the jobs ended is what the queue says; what was lost or came twice is what the index says, and nobody else. */
export async function takeStock({ queue, library, run, found, elapsedMs }: Finished): Promise<Report> {
  await noteAllEnds(queue, run)
  const { lost, duplicates, unexpected } = await audit(library, run)
  return {
    ...(await countEnds(library, run)),
    found,
    // What the walk gave and the database does not even know of is lost as well.
    lost: lost + Math.max(0, found.files - (await countFiles(library, run))),
    duplicates,
    unexpected,
    elapsedMs: Math.round(elapsedMs),
    index: await totals(library),
    reasons: {
      skipped: await reasonsFor(library, run, 'skipped'),
      failed: await reasonsFor(library, run, 'failed'),
    },
  }
}

const PAGE_JOBS = 1_000

async function noteAllEnds(queue: Queue, run: number): Promise<void> {
  const page = { name: indexFile.name, limit: PAGE_JOBS }
  let jobs = await queue.list(page)
  for (let last = jobs.at(-1); last; last = jobs.at(-1)) {
    const ended = jobs
    await queue.transaction((tx: Handle) => noteEnds(libraryOn(tx), run, ended))
    jobs = await queue.list({ ...page, before: last.id })
  }
}

/** Whether nothing was lost and nothing came twice. */
export function isSound({ lost, duplicates, unexpected }: Report): boolean {
  return lost + duplicates + unexpected === 0
}

/** The last line for programs. */
export function jsonOf(report: Report): string {
  const { found, jobs, complete, skipped, failed, rescued, lost, duplicates, elapsedMs } = report
  return JSON.stringify({
    files: found.files,
    jobs,
    complete,
    skipped,
    failed,
    rescued,
    lost,
    duplicates,
    elapsedMs,
  })
}

/** The table for people. */
export function tableOf(report: Report): string[] {
  const { found, index, reasons } = report
  return [
    row('files', found.files),
    ...rowUnlessNone('unchanged', found.unchanged, 'done by an earlier run'),
    ...rowUnlessNone('vanished', found.vanished, 'done by an earlier run and not there any more'),
    row('words', index.words, `in ${plural(index.passages, 'passage')}`),
    row('jobs', report.jobs),
    row('complete', report.complete),
    row('skipped', report.skipped),
    ...reasonRows(reasons.skipped),
    row('failed', report.failed),
    ...reasonRows(reasons.failed),
    row('rescued', report.rescued, 'jobs of a lost worker that ran again'),
    row('lost', report.lost, 'not in the index'),
    row('duplicates', report.duplicates, 'more than once in the index'),
    ...rowUnlessNone('unexpected', report.unexpected, 'in the index although their jobs failed'),
    `${'elapsed'.padEnd(NAME_COLUMNS)}${seconds(report.elapsedMs)}`,
  ]
}

const NAME_COLUMNS = 12
/** Reasons that are listed; the rest is one line. */
const REASONS_MAX = 12

function row(name: string, count: number, meaning = ''): string {
  return `${name.padEnd(NAME_COLUMNS)}${grouped(count)}  ${meaning}`.trimEnd()
}

function rowUnlessNone(name: string, count: number, meaning: string): string[] {
  return count === 0 ? [] : [row(name, count, meaning)]
}

function reasonRows(reasons: readonly Reason[]): string[] {
  const others = reasons.slice(REASONS_MAX)
  const files = others.reduce((sum, each) => sum + each.files, 0)
  const listed = reasons.slice(0, REASONS_MAX).map((each) => reasonRow(each.files, each.reason))
  return others.length === 0 ? listed : [...listed, reasonRow(files, `for ${others.length} other reasons`)]
}

function reasonRow(files: number, reason: string): string {
  return `${' '.repeat(NAME_COLUMNS)}${grouped(files).padStart(6)}  ${printable(reason)}`
}
