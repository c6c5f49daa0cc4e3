import { sleep, systemClock } from '../src/kit/clock.ts'
import type { Store } from '../src/store/store.ts'
import type { RestingJob } from './history.ts'
import { openQueueOn, openStore } from './open.ts'

const LOOK_MS = 200
/** When nothing has ended for so long, nothing will. */
const STILL_MS = 300_000
const PAGE = 10_000

/** Resolves when no job is left that is not settled, or nothing moves any more. */
export async function atRest(url: string, onProgress: (words: string) => void): Promise<void> {
  const queue = openQueueOn(await openStore(url))
  let left = Number.POSITIVE_INFINITY
  let movedMs = systemClock.elapsed()
  while (left > 0 && systemClock.elapsed() - movedMs < STILL_MS) {
    const now = await queue.count({ state: ['pending', 'running'] })
    if (now !== left) {
      movedMs = systemClock.elapsed()
      onProgress(`${now} jobs are not settled`)
    }
    left = now
    await sleep(systemClock, LOOK_MS)
  }
  await queue.close()
}

/** All jobs that there are. */
export async function restingJobs({ catalog }: Store): Promise<RestingJob[]> {
  const jobs: RestingJob[] = []
  for (let beforeSeq = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await catalog.list({}, { limit: PAGE, beforeSeq })
    jobs.push(...page.map(({ id, state, epoch, crashes }) => ({ id, state, epoch, crashes })))
    const last = page.at(-1)
    if (!last) return jobs
    beforeSeq = last.seq
  }
}
