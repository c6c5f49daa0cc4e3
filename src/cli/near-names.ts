import { suggest } from '../kit/suggest.ts'
import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { FilterFlags } from './filter.ts'

/** For a filter that no job fits: the names and queues of jobs that its own, which no job has, are near to. */
export async function nearNames(queue: Queue, flags: FilterFlags): Promise<string> {
  if (flags.name === undefined && flags.queue === undefined) return ''
  const tallies = await internalsOf(queue, 'millhand').store.catalog.tally()
  const names = new Set(tallies.map(({ name }) => name))
  const queues = new Set(tallies.map((tally) => tally.queue))
  return asked([...nearTo(flags.name, names), ...nearTo(flags.queue, queues)])
}

interface Near {
  readonly given: string
  readonly meant: string
}

function nearTo(given: readonly string[] = [], known: ReadonlySet<string>): Near[] {
  return given.flatMap((each) => {
    const meant = known.has(each) ? undefined : suggest(each, known)
    return meant === undefined ? [] : [{ given: each, meant }]
  })
}

/** One question, however many names are near: of several, each says what it stands for. */
function asked(near: readonly Near[]): string {
  const [first] = near
  if (first === undefined) return ''
  if (near.length === 1) return ` Did you mean '${first.meant}'?`
  return ` Did you mean ${near.map(({ given, meant }) => `'${meant}' for '${given}'`).join(' and ')}?`
}
