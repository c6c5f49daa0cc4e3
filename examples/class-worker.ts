// Shows the class style: a worker that says what it is called, which jobs it takes, and what it does with one.
import { defineJob, type Job, type JobContext, JobWorker, openQueue, type RunningJob } from 'millhand'

class SackWorker extends JobWorker {
  protected getWorkerName() {
    return 'sack-worker'
  }

  // Asked before a job is claimed: what it refuses stays as it is, for others.
  protected canProcessJob(job: Job) {
    return job.name === 'mill.fill_sack' && Number(job.input) <= 50
  }

  protected async executeJob(job: RunningJob, ctx: JobContext) {
    ctx.log.info(`filling ${job.input} kg`)
    return `a sack of ${job.input} kg`
  }
}

const fillSack = defineJob({ name: 'mill.fill_sack' })

const queue = await openQueue('memory:')
const sacks = await queue.enqueueMany(fillSack, [25, 80, 50])
const worker = new SackWorker(queue)
console.log(`${await worker.runUntilIdle()} jobs ran`)

for (const sack of sacks) {
  const job = await sack.get()
  const lines = (await queue.logs(job.id)).map(({ message }) => message)
  console.log(`${job.state}: ${job.state === 'complete' ? job.output : 'too heavy'} [${lines.join(', ')}]`)
}
await queue.close()
