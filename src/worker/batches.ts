import type { AnyJobDefinition } from '../job/defined.ts'
import { batchingOf } from '../job/run-many.ts'
import type { Clock } from '../kit/clock.ts'
import { Gatherer } from './gatherer.ts'

/** What brings the jobs of a worker together whose handlers take many at once. */
export class Batches {
  readonly #gatherers: Gatherer[] = []

  /** The definitions, each handler of which runs its job in a batch with others where it takes many. */
  around(
    definitions: ReadonlyMap<string, AnyJobDefinition>,
    clock: Clock,
  ): ReadonlyMap<string, AnyJobDefinition> {
    return new Map([...definitions].map(([name, definition]) => [name, this.#gathering(definition, clock)]))
  }

  /** Hurried, nobody waits for others: what begins together is a batch. */
  hurry(hurried: boolean): void {
    for (const gatherer of this.#gatherers) gatherer.hurry(hurried)
  }

  #gathering(definition: AnyJobDefinition, clock: Clock): AnyJobDefinition {
    const batching = batchingOf(definition.run)
    if (!batching) return definition
    const gatherer = new Gatherer(batching, clock)
    this.#gatherers.push(gatherer)
    return { ...definition, run: gatherer.run as unknown as AnyJobDefinition['run'] }
  }
}
