import type { Store } from '../src/store/store.ts'
import type { Executed } from './call.ts'
import { changesOf } from './changes.ts'
import type { Database, Marks } from './database.ts'
import { guessed } from './guess.ts'
import { violationsOf } from './invariants.ts'
import { changedIn } from './marks.ts'
import { EMPTY, lookAgain, type Snapshot } from './snapshot.ts'
import type { Timeline } from './timeline.ts'
import { Witness } from './witness.ts'

interface Sight {
  /** The store, past all gates. */
  readonly store: Store
  readonly database: Database
  readonly timeline: Timeline
}

/** Looks at what is in the store after each call, and says what must not be. */
export class Watcher {
  snapshot: Snapshot = EMPTY
  readonly #sight: Sight
  readonly #witness = new Witness()
  #version: string | undefined
  #marks: Marks = new Map()

  constructor(sight: Sight) {
    this.#sight = sight
  }

  /** What was wrong with these calls, of which nobody knows the order, in words. */
  async look(executed: readonly Executed[]): Promise<string[]> {
    const before = this.snapshot
    const { elapsedMs } = this.#sight.timeline
    const after = await this.#snapshotAfter(before)
    const changes = changesOf(before, after)
    this.snapshot = after
    const calls = executed
      .map((call) => guessed(call, { before, after, changes }))
      .flatMap((call) => [call, ...call.parts])
    const isOrdered = this.#sight.database.ordered
    const event = { calls, before, after, witness: this.#witness, elapsedMs, changes, isOrdered }
    const problems = violationsOf(event)
    for (const call of calls) this.#witness.note(call, elapsedMs)
    this.#witness.kept.note(calls, elapsedMs)
    if (calls.some(({ verb }) => verb === 'upkeep.prune')) this.#witness.forget(after)
    if (this.snapshot !== before) problems.push(...(await this.#sight.database.complaints()))
    return problems
  }

  /** Reads only what may be another than before. */
  async #snapshotAfter(before: Snapshot): Promise<Snapshot> {
    const { store, database } = this.#sight
    const version = await database.version()
    if (version !== undefined && version === this.#version) return before
    const marks = await database.marks()
    const changed = changedIn(marks, this.#marks)
    const snapshot = await lookAgain(store, before, { marks, changed })
    // Of what is written meanwhile, some of it would be seen and some not.
    if (version !== (await database.version())) return this.#snapshotAfter(before)
    this.#version = version
    this.#marks = marks
    return snapshot
  }
}
