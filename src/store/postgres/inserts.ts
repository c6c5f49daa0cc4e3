import type { NewJob } from '../../job/enqueue-options.ts'
import type { Inserted } from '../jobs.ts'
import type { Room } from '../room.ts'
import type { Database } from './database.ts'
import { insert, pendingIn } from './insert.ts'
import type { Session } from './session.ts'

/** Stores new jobs where their queues have room for them. */
export class Inserts {
  readonly #database: Database
  readonly #room: Room

  constructor(database: Database, room: Room) {
    this.#database = database
    this.#room = room
  }

  /** By itself: in a transaction only where a queue has to be counted. @throws MillhandError `queue_full` */
  async alone(jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const uncounted = this.#room.take(jobs, pendingMax)
    if (uncounted.length === 0) return (await insert(this.#database.session, jobs)).inserted
    return this.#database.transaction((_, session) =>
      this.#counting(session, jobs, { uncounted, pendingMax }),
    )
  }

  /** In a transaction that is open, and has to be undone where this throws. @throws MillhandError `queue_full` */
  within(session: Session, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    return this.#counting(session, jobs, { uncounted: this.#room.take(jobs, pendingMax), pendingMax })
  }

  /** Only queues that got something: what is stored already, and asked for again, needs no room. */
  async #counting(
    session: Session,
    jobs: readonly NewJob[],
    { uncounted, pendingMax }: { readonly uncounted: readonly string[]; readonly pendingMax: number },
  ): Promise<Inserted[]> {
    const { inserted, stored } = await insert(session, jobs)
    const filled = new Set(jobs.filter(({ id }) => stored.has(id)).map(({ queue }) => queue))
    for (const queue of uncounted) {
      if (filled.has(queue)) this.#room.counted(queue, await pendingIn(session, queue), pendingMax)
    }
    return inserted
  }
}
