/**
 * A worker that waits for jobs: `rest.js URL`. Answers 'usage' with what the process costs.
 *
 * JavaScript, as what is deployed is: to strip the types of a program, Node loads a compiler, which alone takes 16 MB.
 */
import { defineJob, openQueue, Worker } from 'millhand'

const queue = await openQueue(process.argv[2])
const worker = new Worker(queue, { jobs: [defineJob({ name: 'bench.no_op', async run() {} })] })
await worker.start()

process.on('message', async ({ kind }) => {
  if (kind === 'usage') {
    const { user, system } = process.cpuUsage()
    process.send({ kind: 'usage', cpuMs: (user + system) / 1_000, residentBytes: process.memoryUsage.rss() })
  }
  if (kind === 'stop') {
    await worker.stop()
    await queue.close()
    process.disconnect()
  }
})

process.on('disconnect', () => process.exit())
process.send({ kind: 'ready' })
