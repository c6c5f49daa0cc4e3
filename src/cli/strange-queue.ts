import { didYouMean } from '../kit/suggest.ts'
import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'

/** What is odd about pausing a queue of this name: no job is in it. Most often a slip, but it may come before the first job. */
export async function unusedQueue(queue: Queue, name: string): Promise<string | undefined> {
  if ((await queue.list({ queue: name, limit: 1 })).length > 0) return undefined
  const served = (await queue.workers()).flatMap(({ queues }) => queues ?? [])
  if (served.includes(name)) return undefined
  const { queues } = await queue.stats()
  const known = [...queues.map((each) => each.queue), ...served].filter((each) => each !== name)
  return `No job is in queue '${name}', and no live worker names it.${didYouMean(name, known)}`
}

/** What is odd about resuming a queue of this name: it is not paused. */
export async function unpausedQueue(queue: Queue, name: string): Promise<string | undefined> {
  const paused = await internalsOf(queue, 'millhand').store.queues.paused()
  const names = paused.map((each) => each.queue)
  return names.includes(name) ? undefined : `Queue '${name}' was not paused.${didYouMean(name, names)}`
}
