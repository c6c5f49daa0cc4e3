import { didYouMean } from '../kit/suggest.ts'
import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { FilterFlags } from './filter.ts'

/** For a filter that no job fits: the names and queues of jobs that its own, which no job has, are near to. */
export async function nearNames(queue: Queue, flags: FilterFlags): Promise<string> {
  if (flags.name === undefined && flags.queue === undefined) return ''
  const tallies = await internalsOf(queue, 'millhand').store.catalog.tally()
  const names = new Set(tallies.map(({ name }) => name))
  const queues = new Set(tallies.map((tally) => tally.queue))
  return [...nearTo(flags.name, names), ...nearTo(flags.queue, queues)].join('')
}

function nearTo(given: readonly string[] = [], known: ReadonlySet<string>): string[] {
  return given.filter((each) => !known.has(each)).map((each) => didYouMean(each, known))
}
