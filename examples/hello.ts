// Shows the whole life of a job: define it, enqueue it, run it, and read its result, typed from the output schema.
import { defineJob, openQueue, Worker } from 'millhand'
import { z } from 'zod'

const countWords = defineJob({
  name: 'text.count_words',
  input: z.object({ text: z.string() }),
  output: z.object({ words: z.number() }),
  run: ({ text }) => ({ words: text.split(' ').length }),
})

// 'sqlite:jobs.db' instead, and the jobs outlive this process.
const queue = await openQueue('memory:')
const worker = new Worker(queue, { jobs: [countWords], concurrency: 10 })
await worker.start()

const job = await queue.enqueue(countWords, { text: 'the mill grinds what the miller brings' })
const { words } = await job.result({ timeout: '10s' })
console.log(`${words} words`)

// Input that does not fit is refused here, not in the worker, with the field that is wrong.
await queue.enqueue(countWords, { text: 7 } as never).catch((error) => console.log(error.code))

await worker.stop()
await queue.close()
