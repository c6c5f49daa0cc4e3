/** A plain worker in a process of its own: `drain.js FILE`. */
import { openQueue, Worker } from 'millhand'
import { noOp } from './drained-job.js'

const queue = await openQueue(`sqlite:${process.argv[2]}`)
const worker = new Worker(queue, { jobs: [noOp] })
await worker.start()

process.on('message', async ({ kind }) => {
  if (kind !== 'stop') return
  await worker.stop()
  await queue.close()
  process.disconnect()
})

process.on('disconnect', () => process.exit())
process.send({ kind: 'ready' })
