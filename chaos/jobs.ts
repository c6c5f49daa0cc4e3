import type { DatabaseSync } from 'node:sqlite'
import type { ClientBase } from 'pg'
import type { Chance } from '../simulation/chance.ts'
import type { JobContext } from '../src/job/context.ts'
import { Fatal } from '../src/job/control.ts'
import { defineJob } from '../src/job/definition.ts'
import type { Schema } from '../src/job/schema.ts'
import { sleep, systemClock } from '../src/kit/clock.ts'
import type { Witness } from './witness.ts'

/** How often each act is asked for, of all of them. */
const ACTS = {
  complete: 50,
  throw: 8,
  fatal: 2,
  snooze: 5,
  skip: 2,
  checkpoint: 4,
  progress: 4,
  enqueue: 3,
  transaction: 15,
  linger: 6,
  'time out': 0.5,
  block: 1,
  exit: 0.3,
  hang: 0,
} as const

/** What a job does: it says so itself. */
export interface Task {
  readonly act: keyof typeof ACTS
  readonly ms: number
}

const LONGEST_MS = 1_500
const EXITS_PERCENT = 0.4
/** Long enough for a worker to be frozen past its lease over it, and for another one to run it still when that wakes. */
const LINGER_MS = 2_000
const LINGER = 2
/** Snoozes and crashes come to an end: from this claim on a job does neither. */
const CLAIMS = 3

export function anyTask(chance: Chance): Task {
  return { act: chance.weighted(ACTS), ms: chance.upToMs(LONGEST_MS) }
}

/** Runs until its worker is killed; when it runs again, it ends at once. */
export const HANG: Task = { act: 'hang', ms: 0 }

/** One of many that are done in a moment, so that a worker claims them ahead; a few end the process over the others. */
export function quickTask(chance: Chance): Task {
  return { act: chance.percent(EXITS_PERCENT) ? 'exit' : 'complete', ms: 1 }
}

const POLICY = { retries: 2, timeout: '8s', backoff: { base: '100ms', max: '2s' } } as const

/** Two names in two queues, so that claims have lanes to choose from. */
export const WORK = defineJob<Schema<Task>>({ name: 'chaos.work', ...POLICY })
/** Never times out. */
export const LONG = defineJob<Schema<Task>>({ name: 'chaos.long' })
export const MAIL = defineJob<Schema<Task>>({ name: 'chaos.mail', queue: 'mail', priority: 1, ...POLICY })

/** How a process of a worker says by its end that a job has told it to. */
export const TOLD_TO_EXIT = 42

/** Where a job leaves a row in the transaction that completes it: made before the run. */
export const ROWS_TABLE = 'chaos_rows'

/** The definitions with their handlers; each run of one is in the witness, its beginning and its end. */
export function handledBy(witness: Witness) {
  const run = async (task: Task, ctx: JobContext) => {
    const { id, epoch, worker } = ctx.job
    witness.write({ kind: 'started', id, epoch, worker, attempt: ctx.attempt })
    try {
      return await act(task, ctx)
    } finally {
      witness.write({ kind: 'ended', id, epoch, worker })
    }
  }
  return [WORK.handle(run), MAIL.handle(run), LONG.handle(run)]
}

async function act({ act, ms }: Task, ctx: JobContext): Promise<unknown> {
  const isFirst = ctx.job.epoch < CLAIMS
  if (act !== 'transaction' && act !== 'block') await sleep(systemClock, ms, ctx.signal)
  switch (act) {
    case 'complete':
      return { ms }
    case 'throw':
      throw new Error('told to')
    case 'fatal':
      throw new Fatal('told to, for good')
    case 'snooze':
      return isFirst ? ctx.snooze(ms) : undefined
    case 'skip':
      return ctx.skip('told to')
    case 'checkpoint':
      return ctx.checkpoint({ ms })
    case 'progress':
      ctx.progress(0.5)
      ctx.log.info('half of it')
      return sleep(systemClock, ms, ctx.signal)
    case 'enqueue':
      await ctx.enqueue(WORK, { act: 'complete', ms: 0 })
      return undefined
    case 'hang':
      return ctx.job.epoch > 1 ? undefined : sleep(systemClock, Number.POSITIVE_INFINITY, ctx.signal)
    case 'linger':
      return sleep(systemClock, LINGER_MS + LINGER * ms, ctx.signal)
    case 'time out':
      return sleep(systemClock, Number.POSITIVE_INFINITY, ctx.signal)
    case 'block':
      return block(ms)
    case 'exit':
      return isFirst ? process.exit(TOLD_TO_EXIT) : undefined
    case 'transaction':
      return ctx.transaction((tx: DatabaseSync | ClientBase) => leaveRow(tx, ctx.job.id, ms))
  }
}

async function leaveRow(tx: DatabaseSync | ClientBase, id: string, ms: number): Promise<void> {
  if ('prepare' in tx) tx.prepare(`insert into ${ROWS_TABLE} (job) values (?)`).run(id)
  else await tx.query(`insert into ${ROWS_TABLE} (job) values ($1)`, [id])
  // On SQLite nobody else writes meanwhile.
  await sleep(systemClock, Math.sqrt(ms))
}

/** Keeps the event loop to itself. */
export function block(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, forMs)
}
