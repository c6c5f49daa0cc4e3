import { deadlineAt, expiresAt } from '../../job/deadline.ts'
import { type Conflict, ruleOf as keyRuleOf, mayReplace, meet } from '../../job/key.ts'
import { requireNoConflict } from '../../job/key-conflict.ts'
import type { NewJob } from '../../job/new-job.ts'
import { standingOf } from '../../job/order.ts'
import { gatesWithin } from '../../job/queue-gates.ts'
import { heldTo } from '../../job/queue-settings.ts'
import type { Inserted } from '../jobs.ts'
import { Placement } from '../placement.ts'
import type { Room } from '../room.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { gateReader, noteOpenings } from './gates.ts'
import { holderOf, keep, keeperOf, keepsAny } from './keys.ts'
import { LaneNumbers } from './lanes.ts'
import { place, ruleOf } from './order.ts'
import { dueOf, giveUpKey, type Placing, replace, replacedBefore } from './replace.ts'
import { keepWithin, settingsReader } from './size.ts'

const INSERT = `insert into millhand_jobs (id, name, queue, state, waits, lane, priority, due_at, key, tags, context,
  retries, timeout_ms, created_at, expires_at, deadline_at, input, limits, gate, rerun_of)
  values (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do nothing
  on conflict (name, key) where key is not null and finished_at is null do nothing`

const HAS = 'select 1 from millhand_jobs where id = ?'

interface InsertOptions {
  readonly room: Room
  readonly pendingMax: number
  readonly nowMs: number
}

/**
 * Stores new jobs, inside the caller's transaction, which has to be undone when this throws.
 *
 * @throws MillhandError `queue_full`, `key_conflict`
 */
export function insert(
  connection: Connection,
  jobs: readonly NewJob[],
  { room, pendingMax, nowMs }: InsertOptions,
): Inserted[] {
  const insertion = new Insertion(connection, nowMs)
  const inserted = withQueueGates(connection, jobs).map((job, index) => insertion.add(job, index))
  insertion.tell()
  noteOpenings(connection, insertion.openings)
  requireNoConflict(insertion.conflicts)
  keepWithin(connection, insertion.arrived, { room, pendingMax, nowMs })
  return inserted
}

/** The jobs with the gates that their queues give them; most have none. */
function withQueueGates(connection: Connection, jobs: readonly NewJob[]): readonly NewJob[] {
  const settingsOf = settingsReader(connection)
  return jobs.map((job) => {
    const limits = gatesWithin(job.limits, heldTo(job.queue, settingsOf))
    return limits === job.limits ? job : { ...job, limits }
  })
}

/** What one call stores, job by job: keys may also meet within it. */
class Insertion {
  /** What takes room: new jobs, and those that have come from another queue. */
  readonly arrived: NewJob[] = []
  readonly conflicts: Conflict[] = []
  readonly #connection: Connection
  readonly #nowMs: number
  readonly #placing: Placing
  readonly #insert: ReturnType<Connection['prepare']>
  /** Whether any key outlives its job: asked once a call, and only where a job has one. */
  #keepsAny: boolean | undefined
  /** Of the jobs that were stored and of which nobody was told yet. */
  #seqs: number[] = []

  constructor(connection: Connection, nowMs: number) {
    this.#connection = connection
    this.#nowMs = nowMs
    const placement = new Placement(gateReader(connection, nowMs), nowMs)
    const rankOf: Placing['rankOf'] = (job) => standingOf(job, ruleOf(connection, job.queue)).rank
    this.#placing = { nowMs, lanes: new LaneNumbers(connection), placement, rankOf }
    this.#insert = connection.prepare(INSERT)
  }

  add(job: NewJob, index: number): Inserted {
    const { key } = job
    if (key === null) {
      this.#store(job)
      return { id: job.id, existed: false }
    }
    const before = mayReplace(job) ? replacedBefore(this.#connection, job) : undefined
    if (before !== undefined) return { id: before, existed: true, replaced: true }
    if (!this.#isKept(job) && !this.#meetsHolder(job) && this.#store(job)) return this.#keep(job)
    // A job that is there already was stored by this very call, made again after its answer was lost.
    if (this.#connection.get(HAS, job.id)) return { id: job.id, existed: false }
    return this.#meet({ ...job, key }, index)
  }

  /** When gates open by themselves at which new jobs wait. */
  get openings(): ReadonlyMap<string, number> {
    return this.#placing.placement.openings
  }

  /** Gives what was stored until now its place, and tells subscribers of it. */
  tell(): void {
    place(this.#connection, this.#seqs)
    recordChanges(this.#connection, { verb: 'enqueue', nowMs: this.#nowMs }, this.#seqs)
    this.#seqs = []
  }

  #meet(job: NewJob & { readonly key: string }, index: number): Inserted {
    const connection = this.#connection
    const holder = holderOf(connection, job, this.#nowMs)
    if (!holder) return { id: job.id, existed: true }
    const { id, standing } = holder
    switch (meet(keyRuleOf(job).onConflict, standing)) {
      case 'succeed':
        giveUpKey(connection, id)
        this.#store(job)
        keep(connection, job, { id: job.id, nowMs: this.#nowMs })
        return { id: job.id, existed: false }
      case 'replace':
        return this.#replace(job, id)
      case 'refuse':
        this.conflicts.push({ name: job.name, key: job.key, index, id, state: standing })
    }
    return { id, existed: true }
  }

  #replace(job: NewJob, id: string): Inserted {
    // It may have been stored by this very call: each change is told as it was made.
    this.tell()
    const { seq, queue } = replace(this.#connection, { job, id }, this.#placing)
    if (queue !== job.queue) this.arrived.push(job)
    this.#seqs.push(seq)
    this.tell()
    return { id, existed: true, replaced: true }
  }

  /** What the call itself keeps is held by a job that is unfinished: its insert finds that. */
  #isKept(job: NewJob): boolean {
    this.#keepsAny ??= keepsAny(this.#connection)
    return this.#keepsAny && keeperOf(this.#connection, job, this.#nowMs) !== undefined
  }

  /** Asked of what has gates to pass: when it is placed it is counted there, which is not to be where it is not stored. */
  #meetsHolder(job: NewJob): boolean {
    return job.limits !== null && holderOf(this.#connection, job, this.#nowMs) !== undefined
  }

  #keep(job: NewJob): Inserted {
    if (keyRuleOf(job).keptMs > 0) keep(this.#connection, job, { id: job.id, nowMs: this.#nowMs })
    return { id: job.id, existed: false }
  }

  /** False where it is there already, or its key is held. */
  #store(job: NewJob): boolean {
    const result = this.#insert.run(...columns(job, this.#placing))
    if (result.changes === 0) return false
    this.#seqs.push(Number(result.lastInsertRowid))
    this.arrived.push(job)
    return true
  }
}

function columns(job: NewJob, placing: Placing) {
  const { nowMs } = placing
  const { dueAt, waits, lane, gate } = dueOf(job, placing)
  return [
    job.id,
    job.name,
    job.queue,
    waits,
    lane,
    job.priority,
    dueAt,
    job.key,
    job.tags,
    job.context,
    job.retries,
    job.timeoutMs,
    nowMs,
    expiresAt(job, nowMs),
    deadlineAt(job, nowMs),
    job.input,
    job.limits,
    gate,
    job.rerunOf ?? null,
  ] as const
}
