import type { Queue } from 'millhand'
import { CONCURRENCY, Crew } from './crew.ts'
import { enqueueFolder, type Found, nothingFound } from './enqueue.ts'
import { createDocuments } from './library/documents.ts'
import { createInventory, nextRun } from './library/inventory.ts'
import { type Handle, libraryOn } from './library/library.ts'
import type { WorkSettings } from './messages.ts'
import type { Options } from './options.ts'
import type { Place } from './place.ts'
import type { Screen } from './screen.ts'
import { untilSettled } from './watch.ts'
import { grouped, plural, printable, seconds } from './wording.ts'

export interface Run {
  options: Options
  place: Place
  queue: Queue
  screen: Screen
  signal: AbortSignal
}

/** What a run came to, as far as it knows by itself. */
export interface Ran {
  /** The number of the run on this database. */
  run: number
  found: Found
  elapsedMs: number
}

/** Enqueues and works at the same time; resolves when every job is settled and the workers are gone. */
export async function indexFolder({ options, place, queue, screen, signal }: Run): Promise<Ran> {
  const startMs = performance.now()
  const run = await queue.transaction(async (tx: Handle) => {
    const library = libraryOn(tx)
    await createDocuments(library)
    await createInventory(library)
    return nextRun(library)
  })
  introduce(options, queue, screen)
  const say = (line: string) => screen.say(line)
  await using crew = new Crew({ url: place.url, size: options.workers, say })
  const found = nothingFound()
  await together(signal, (signal) => [
    enqueueAndWork({ options, place, queue, screen, signal }, { run, found, crew }),
    untilSettled({ queue, crew, screen, found, signal }),
  ])
  const elapsedMs = performance.now() - startMs
  screen.close()
  await crew.stop()
  if (found.jobs > 0 && !crew.hasKilled) {
    screen.say('No worker was killed: no job was left when it was time to.')
  }
  return { run, found, elapsedMs }
}

function introduce({ folder, workers }: Options, queue: Queue, screen: Screen): void {
  screen.say(`Folder    ${printable(folder)}`)
  screen.say(`Database  ${printable(queue.location)}`)
  screen.say(`Workers   ${plural(workers, 'process', 'processes')}, ${CONCURRENCY} jobs at a time in each`)
}

/** Waits for all of them; when one fails, the others are told to end. */
async function together(outer: AbortSignal, start: (signal: AbortSignal) => Promise<void>[]): Promise<void> {
  const failure = new AbortController()
  const parts = start(AbortSignal.any([outer, failure.signal]))
  const fail = (error: unknown) => {
    failure.abort()
    throw error
  }
  await Promise.all(parts.map((part) => part.catch(fail)))
}

interface Parts {
  run: number
  found: Found
  crew: Crew
}

/** The workers begin with the first batch: by then it is known whether the folder is a small one. */
async function enqueueAndWork(
  { options, place, queue, screen, signal }: Run,
  { run, found, crew }: Parts,
): Promise<void> {
  const { folder } = options
  let settings: WorkSettings | undefined
  for await (const _ of enqueueFolder(found, { queue, place, folder, run, signal })) {
    if (settings) continue
    settings = settingsFor(options, found)
    crew.work(settings)
  }
  sayFound(found, screen)
  if (settings && found.jobs > 0) saySettings(settings, screen)
}

/** A folder of a few files is done before anybody has seen anything: it is slowed down to last this long. */
const SMALL_MS = 2_000
const LONGEST_PACE_MS = 250
/** And nobody wants to wait ten seconds, the default lease, for the jobs of the killed worker. */
const SMALL_LEASE = { leaseMs: 2_000, beatMs: 500 }

function settingsFor({ paceMs, workers }: Options, { complete, jobs }: Found): WorkSettings {
  // Complete with the first batch.
  if (!complete) return { paceMs: paceMs ?? 0 }
  const spread = Math.round((SMALL_MS * workers * CONCURRENCY) / Math.max(1, jobs))
  return { paceMs: paceMs ?? Math.min(LONGEST_PACE_MS, spread), lease: SMALL_LEASE }
}

function sayFound({ files, jobs, unchanged, vanished, passedBy }: Found, screen: Screen): void {
  const done = unchanged > 0 ? `, ${grouped(unchanged)} of them done by an earlier run and unchanged` : ''
  screen.say(`Found     ${plural(files, 'file')}${done}: ${plural(jobs, 'job')}`)
  if (vanished > 0)
    screen.say(`          ${plural(vanished, 'file')} of an earlier run vanished: out of the index`)
  for (const [reason, count] of passedBy) screen.say(`          passed by ${grouped(count)}: ${reason}`)
}

function saySettings({ paceMs, lease }: WorkSettings, screen: Screen): void {
  if (paceMs > 0)
    screen.say(`          Every job is slowed down by ${paceMs} ms, so that there is something to see.`)
  if (lease)
    screen.say(`          A small folder: leases of ${seconds(lease.leaseMs)}, not the default of 10 s.`)
}
