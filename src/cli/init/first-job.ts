import { loadConfig } from '../../config/index.ts'
import { openQueue } from '../../queue/open.ts'
import { Worker } from '../../worker/worker.ts'
import { FIRST_JOB } from './templates.ts'

/** The job that shows that all of it works. */
export interface FirstJob {
  readonly id: string
  readonly name: string
  readonly output: unknown
  /** The database that it is in. */
  readonly store: string
}

/** Enqueues a job of the layout and runs it, where its configuration says, whatever the environment says. */
export async function runFirstJob(file: string): Promise<FirstJob> {
  const { config } = await loadConfig({ file, env: {} })
  const queue = await openQueue(config.store, { jobs: config.specs, logger: false })
  try {
    const worker = new Worker(queue, { ...config.worker, roles: config.roles, jobs: config.definitions })
    await worker.start()
    const job = await queue.enqueue(FIRST_JOB.name, FIRST_JOB.input)
    const output = await job.result({ timeout: LONGEST })
    await worker.stop()
    return { id: job.id, name: FIRST_JOB.name, output, store: config.location }
  } finally {
    await queue.close()
  }
}

/** It takes milliseconds; who waits longer waits for something that is wrong. */
const LONGEST = '1m'
