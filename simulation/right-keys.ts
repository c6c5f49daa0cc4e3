import type { NewJob } from '../src/job/new-job.ts'
import { isFinal } from '../src/job/state.ts'
import { type Executed, insertedBy } from './call.ts'
import type { Event, Invariant } from './event.ts'
import { type Kept, labelOf, severalOf } from './kept-keys.ts'
import { isSame } from './snapshot.ts'

/** Times in a store are whole milliseconds, those of the world are not. */
const ROUNDING_MS = 2

/** A key is of one unfinished job of a name. */
export const uniqueKeys: Invariant = ({ before, after }) => {
  if (isSame(before, after)) return []
  const problems: string[] = []
  const holders = new Map<string, string>()
  for (const job of after.jobs.values()) {
    if (job.key === null || isFinal(job.state)) continue
    const key = `${job.name} ${job.key}`
    const other = holders.get(key)
    if (other !== undefined) problems.push(`${other} and ${job.id} have the same key '${key}'`)
    holders.set(key, job.id)
  }
  return problems
}

/** A key that outlives its job is given to nobody else meanwhile, and refused no longer than that. */
export const keptKeys: Invariant = (event) => {
  const several = severalOf(event.calls)
  return event.calls
    .filter(({ isDoubtful }) => !isDoubtful)
    .flatMap((call) => {
      if (call.verb === 'catalog.retry') return wrongRetries(call, event)
      return call.verb.endsWith('.insert') ? wrongInserts(call, event, several) : []
    })
}

function wrongInserts(call: Executed, event: Event, several: ReadonlySet<string>): string[] {
  const { kept } = event.witness
  const seen = new Set<string>()
  return insertedBy(call).flatMap(({ job, answer }) => {
    const label = labelOf(job)
    if (job.key === null || seen.has(label) || several.has(label) || kept.isKnownJob(job)) return []
    seen.add(label)
    const isCertain = kept.isKnown(label)
    if (!isCertain && !(answer.existed && kept.keepsNothing(label, answer.id))) return []
    const keeper = isCertain ? kept.get(label) : undefined
    if (!answer.existed) {
      if (!keeper || keeper.id === job.id || !isKept(keeper, event) || holds(keeper.id, job, event)) return []
      return [`the key '${job.key}' was given to ${job.id}, though ${keeper.id} keeps it`]
    }
    const mayKeep = keeper?.id === answer.id && !isOver(keeper, event)
    return mayKeep || holds(answer.id, job, event)
      ? []
      : [`the key '${job.key}' was refused for ${answer.id}, which does not hold it`]
  })
}

function wrongRetries({ result }: Executed, { before, witness: { kept }, ...event }: Event): string[] {
  return (result as string[]).flatMap((id) => {
    const job = before.jobs.get(id)
    const label = job && labelOf(job)
    const keeper = label !== undefined && kept.isKnown(label) ? kept.get(label) : undefined
    return keeper && keeper.id !== id && isKept(keeper, event)
      ? [`${id} runs again with the key '${job?.key}', though ${keeper.id} keeps it`]
      : []
  })
}

/** Whether a job holds a key by being unfinished. */
function holds(id: string, { name, key }: Pick<NewJob, 'name' | 'key'>, { before }: Event): boolean {
  const job = before.jobs.get(id)
  return job !== undefined && job.name === name && job.key === key && !isFinal(job.state)
}

type Moment = Pick<Event, 'isOrdered' | 'elapsedMs'>

/** For certain: the times of a file follow a clock that is set, so that only those count that never come. */
function isKept({ untilMs }: Kept, { isOrdered, elapsedMs }: Moment): boolean {
  return untilMs > (isOrdered ? elapsedMs + ROUNDING_MS : Number.MAX_VALUE)
}

function isOver({ untilMs }: Kept, { isOrdered, elapsedMs }: Moment): boolean {
  return isOrdered && untilMs < elapsedMs - ROUNDING_MS
}
