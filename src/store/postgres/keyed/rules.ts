import { type Conflict, mayReplace, meet, ruleOf } from '../../../job/key.ts'
import { requireNoConflict } from '../../../job/key-conflict.ts'
import { TransientError } from '../../errors.ts'
import type { Inserted } from '../../jobs.ts'
import { knownAmong, type NumberedJob, type Stored, storeNumbered } from '../insert.ts'
import type { LanedJob } from '../job-values.ts'
import { holdersOf, type KeyHolder, labelOf, releaseKeys } from '../keys.ts'
import { wavesBy } from '../parameters.ts'
import { giveUpKeys, type Met, replace, replacedBefore } from '../replace.ts'
import type { Session } from '../session.ts'

/** A key that changes hands is looked at again; who takes one over needs a second look in any case. */
const ROUNDS = 10

const DRAW = `select nextval('millhand.arrivals') as seq from generate_series(1, $1::integer)`

/**
 * Stores jobs of which some say what becomes of their key, in a transaction, which has to be undone when this throws.
 *
 * @throws MillhandError `key_conflict`
 */
export async function insertByRules(session: Session, jobs: readonly LanedJob[]): Promise<Stored> {
  const drawn = await session.rows<{ seq: number }>(DRAW, jobs.length)
  const seqs = drawn.map(({ seq }) => seq).sort((left, right) => left - right)
  const meetings = new Meetings(session)
  const numbered = jobs.map((job, index) => ({ ...job, seq: seqs[index] as number }))
  for (const wave of wavesOf(numbered)) await meetings.settle(wave)
  requireNoConflict(conflictsOf(jobs, meetings.conflicts))
  const inserted = jobs.map(({ id }) => meetings.answers.get(id) ?? { id, existed: false })
  return { inserted, stored: meetings.arrived }
}

/** In the first one each key once, so that keys are taken in one order; those that meet them come after. */
function wavesOf(jobs: readonly NumberedJob[]): readonly (readonly NumberedJob[])[] {
  return wavesBy(jobs, (job) => (job.key === null ? undefined : labelOf(job)))
}

/** In the order of the call. */
function conflictsOf(jobs: readonly LanedJob[], found: ReadonlyMap<string, KeyHolder>): Conflict[] {
  return jobs.flatMap(({ id: own, name, key }, index) => {
    const holder = found.get(own)
    return holder && key !== null ? [{ name, key, index, id: holder.id, state: holder.standing }] : []
  })
}

/** What one call has come to. */
class Meetings {
  readonly answers = new Map<string, Inserted>()
  /** Who holds the key of a job that was refused, by its id. */
  readonly conflicts = new Map<string, KeyHolder>()
  /** What takes room: new jobs, and those that have come from another queue. */
  readonly arrived = new Set<string>()
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Stores jobs, or does with them what they say; no key may be in it twice. */
  async settle(jobs: readonly NumberedJob[]): Promise<void> {
    let rest = jobs
    for (let round = 1; rest.length > 0 && round <= ROUNDS; round += 1) {
      await this.#store(await this.#unmade(rest))
      rest = this.#open(rest)
      await this.#meet(rest)
      rest = this.#open(rest)
    }
    if (rest.length > 0) throw new TransientError('the key of a job changes hands all the time')
  }

  /** Those that have no answer yet. */
  #open(jobs: readonly NumberedJob[]): readonly NumberedJob[] {
    return jobs.filter(({ id }) => !this.answers.has(id) && !this.conflicts.has(id))
  }

  /** Without those that this very call has replaced others by before, and whose answer was lost. */
  async #unmade(jobs: readonly NumberedJob[]): Promise<readonly NumberedJob[]> {
    const made = await replacedBefore(this.#session, jobs.filter(mayReplace))
    for (const [own, id] of made) this.answers.set(own, { id, existed: true, replaced: true })
    return this.#open(jobs)
  }

  async #store(jobs: readonly NumberedJob[]): Promise<void> {
    if (jobs.length === 0) return
    for (const id of await storeNumbered(this.#session, jobs)) {
      this.arrived.add(id)
      this.answers.set(id, { id, existed: false })
    }
    for (const id of await knownAmong(this.#session, this.#open(jobs)))
      this.answers.set(id, { id, existed: false })
  }

  /** What those do that were not stored. */
  async #meet(jobs: readonly NumberedJob[]): Promise<void> {
    const holders = await holdersOf(this.#session, jobs)
    const met = jobs.flatMap((job) => {
      const holder = holders.get(labelOf(job))
      return holder ? [{ job, holder }] : []
    })
    const over = met.filter(({ holder }) => holder.over)
    const held = Map.groupBy(
      met.filter(({ holder }) => !holder.over),
      ({ job, holder }) => meet(ruleOf(job).onConflict, holder.standing),
    )
    for (const { job, holder } of held.get('existing') ?? [])
      this.answers.set(job.id, { id: holder.id, existed: true })
    for (const { job, holder } of held.get('refuse') ?? []) this.conflicts.set(job.id, holder)
    await this.#replace(held.get('replace') ?? [])
    await giveUpKeys(this.#session, holdersIn(held.get('succeed') ?? []))
    await releaseKeys(this.#session, holdersIn(over))
  }

  async #replace(given: readonly Met[]): Promise<void> {
    const queues = await replace(this.#session, given)
    for (const { job, holder } of given) {
      const before = queues.get(holder.seq)
      if (before === undefined) continue
      this.answers.set(job.id, { id: holder.id, existed: true, replaced: true })
      if (before !== job.queue) this.arrived.add(job.id)
    }
  }
}

function holdersIn(given: readonly Met[]): KeyHolder[] {
  return given.map(({ holder }) => holder)
}
