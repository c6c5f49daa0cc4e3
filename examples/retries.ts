// Shows how a handler decides its fate: errors that are retried, delays that it knows better, and giving up for good.
import { defineJob, Fatal, openQueue, RetryAfter, Worker } from 'millhand'
import { z } from 'zod'

class Busy extends Error {}

const fetchPage = defineJob({
  name: 'web.fetch_page',
  input: z.string(),
  retries: 3,
  backoff: { kind: 'exponential', base: '10ms', max: '1s' },
  // Errors of other libraries, put in words that the policy understands.
  classifyError: (error) => (error instanceof Busy ? { code: 'busy', retryAfter: '20ms' } : undefined),
  run(url, ctx) {
    if (url === '/gone') throw new Fatal('404: nothing will bring it back')
    if (url === '/asleep' && ctx.job.epoch === 1) return ctx.snooze('10ms')
    if (url === '/throttled' && ctx.attempt === 1) throw new RetryAfter('15ms', '429: come back later')
    if (url === '/busy' && ctx.attempt < 3) throw new Busy('503')
    if (url === '/empty') return ctx.skip('there is nothing to fetch')
    return `the page at ${url}, in attempt ${ctx.attempt}`
  },
})

const queue = await openQueue('memory:')
const worker = new Worker(queue, { jobs: [fetchPage] })
await worker.start()

for (const url of ['/', '/asleep', '/throttled', '/busy', '/empty', '/gone']) {
  const job = await queue.enqueue(fetchPage, url)
  const outcome = await job.result({ timeout: '10s' }).catch((error) => error.facts.message)
  const { state, attempt, errors } = await job.get()
  console.log(`${url}: ${state} after ${attempt} attempt(s), ${errors.length} error(s): ${outcome}`)
}

await worker.stop()
await queue.close()
