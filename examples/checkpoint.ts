// Shows a job that resumes where it was: what it saved with ctx.checkpoint is there in the next attempt, even after a crash.
import { defineJob, openQueue, Worker } from 'millhand'
import { z } from 'zod'

const PAGES = ['wheat', 'rye', 'oats', 'barley', 'spelt']

const copyBook = defineJob({
  name: 'library.copy_book',
  output: z.object({ pages: z.number() }),
  checkpoint: z.object({ page: z.number() }),
  backoff: { kind: 'fixed', base: '10ms' },
  async run(_, ctx) {
    const first = ctx.checkpointed ? ctx.checkpointed.page + 1 : 0
    console.log(`attempt ${ctx.attempt} begins at page ${first}`)
    for (const [page, word] of PAGES.entries()) {
      if (page < first) continue
      if (page === 3 && ctx.attempt === 1) throw new Error('the ink has run out')
      console.log(`  page ${page}: ${word}`)
      // On the disk when this resolves: no page is copied twice.
      await ctx.checkpoint({ page })
    }
    return { pages: PAGES.length }
  },
})

const queue = await openQueue('memory:')
const job = await queue.enqueue(copyBook)
const worker = new Worker(queue, { jobs: [copyBook] })
await worker.start()
const { pages } = await job.result({ timeout: '10s' })
console.log(`copied ${pages} pages`)
await worker.stop()
await queue.close()
