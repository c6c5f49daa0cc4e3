import { jobError } from '../job/errors.ts'
import type { NewJob } from '../job/new-job.ts'

/** Below this limit every insert counts; above it, counting again can wait until a share of the room is used. */
const ALWAYS_COUNT_BELOW = 100_000
const SHARE_BEFORE_RECOUNT = 0.25
const MOST_BEFORE_RECOUNT = 100_000

/**
 * Keeps queues within their limit without counting a million rows for every insert: after a count, a share of the
 * room that was left may be used before the next. With several processes a queue may pass a limit of more than
 * 100,000 by that share each.
 */
export class Room {
  readonly #left = new Map<string, number>()

  /** Takes room for jobs; gives the queues that have to be counted, since nobody knows whether they have it. */
  take(stored: readonly NewJob[], limit: number): string[] {
    const unknown: string[] = []
    for (const [queue, count] of countByQueue(stored)) {
      const account = accountOf(queue, limit)
      const left = this.#left.get(account) ?? 0
      if (count <= left) this.#left.set(account, left - count)
      else unknown.push(queue)
    }
    return unknown
  }

  /** A queue was counted with its new jobs in it. @throws MillhandError `queue_full` */
  counted(queue: string, pending: number, limit: number): void {
    if (pending > limit) throw jobError('queue_full', { queue, limit })
    const room = Math.min(Math.floor((limit - pending) * SHARE_BEFORE_RECOUNT), MOST_BEFORE_RECOUNT)
    this.#left.set(accountOf(queue, limit), limit < ALWAYS_COUNT_BELOW ? 0 : room)
  }
}

function accountOf(queue: string, limit: number): string {
  return `${limit} ${queue}`
}

/** How many jobs there are of each queue. */
export function countByQueue(jobs: readonly NewJob[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const job of jobs) counts.set(job.queue, (counts.get(job.queue) ?? 0) + 1)
  return counts
}
