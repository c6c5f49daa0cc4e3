// Shows a job that is watched while it runs, and cancelled: the handler is told by its signal, in whatever process it is.
import { defineJob, openQueue, Worker } from 'millhand'

const heard: string[] = []

const grind = defineJob({
  name: 'mill.grind',
  async run(_, ctx) {
    ctx.progress({ fraction: 0.25, message: 'the stones are turning' })
    // Real work would pass the signal on: fetch(url, { signal: ctx.signal }).
    return new Promise<never>((_, reject) => {
      ctx.signal.addEventListener('abort', () => {
        heard.push(ctx.signal.reason.message)
        reject(ctx.signal.reason)
      })
    })
  },
})

const queue = await openQueue('memory:')
const job = await queue.enqueue(grind)
const worker = new Worker(queue, { jobs: [grind] })
await worker.start()

for await (const { state, progress } of job.watch()) {
  if (!progress) continue
  console.log(`${state}: ${(progress.fraction ?? 0) * 100} %, ${progress.message}`)
  if (state === 'running') await job.cancel('the river is too low')
}
await worker.stop()

console.log(`the handler heard: ${heard.join()}`)
await job.result().catch((error) => console.log(`result: ${error.code}, ${error.facts.reason}`))
console.log((await queue.explain(job.id)).reasons[0]?.text)
await queue.close()
