import { type JobContext, openQueue, Worker } from 'millhand'
import { type LimitedInput, type LimitedProcessOptions, type LimitedTold, limited } from './limited.ts'
import { Witness } from './limits-witness.ts'
import { pause } from './pause.ts'

/** A worker in a process of its own, whose handlers tell the witness when they start and end. */

const options = JSON.parse(process.argv[2] ?? '') as LimitedProcessOptions
const queue = await openQueue(options.url, { logger: false })
const witness = new Witness(options)
const worker = new Worker(queue, { ...options.worker, jobs: [limited.handle(run)] })
await worker.start()
process.send?.({ kind: 'ready' } satisfies LimitedTold)

/** It hears of no abort: whoever has lost its job goes on beside the one who has it now. */
async function run({ key, forMs, fails }: LimitedInput, { job, attempt }: JobContext): Promise<void> {
  const { id, epoch } = job
  await witness.start({ id, epoch, key })
  await pause(forMs)
  witness.end({ id, epoch })
  if (fails && attempt === 1) throw new Error('told to')
}
