import { TransientError } from '../../src/store/errors.ts'
import type { Store } from '../../src/store/store.ts'

/** What is answered while somebody else holds the write lock. */
const READS: ReadonlySet<string> = new Set(
  'get list count tally logs paused depths read configured unfinished nextDueAt changesAfter now'.split(' '),
)

/** The way to a store, which can be cut. */
export class Link {
  away = false
  locked = false
  cannotBeat = false
  readonly store: Store

  constructor(store: Store) {
    const role = <Role extends object>(calls: Role): Role =>
      Object.fromEntries(
        Object.entries(calls).map(([verb, call]) => [
          verb,
          (...given: unknown[]) => this.#go(verb, () => call(...given)),
        ]),
      ) as Role
    const { jobs, catalog, workers, queues, upkeep, feed } = store
    this.store = {
      ...store,
      ...{ jobs: role(jobs), catalog: role(catalog), workers: role(workers) },
      ...{ queues: role(queues), upkeep: role(upkeep), feed: role(feed) },
      now: () => this.#go('now', store.now),
    }
  }

  async #go<Result>(verb: string, call: () => Promise<Result>): Promise<Result> {
    if (this.away) throw new TransientError('the cable is cut', { away: true })
    if (this.locked && !READS.has(verb)) throw new TransientError('database is locked', { locked: true })
    if (this.cannotBeat && verb === 'extend') throw new Error('too many clients')
    return call()
  }
}
