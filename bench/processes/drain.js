/**
 * A worker that runs all jobs of a paused queue once it is told to: `drain.js FILE JOBS`. JavaScript for the reason
 * that stands in rest.js.
 */
import { readFileSync } from 'node:fs'
import { defineJob, openQueue, Worker } from 'millhand'

const [file, jobs] = process.argv.slice(2)
let left = Number(jobs)
const queue = await openQueue(`sqlite:${file}`)
const noOp = defineJob({
  name: 'bench.no_op',
  async run() {
    left -= 1
    if (left === 0) process.send({ kind: 'drained', peakBytes: peakBytes() })
  },
})
const worker = new Worker(queue, { jobs: [noOp] })
await worker.start()

process.on('message', async ({ kind }) => {
  if (kind === 'usage') process.send({ kind: 'usage', residentBytes: process.memoryUsage.rss() })
  if (kind === 'go') await queue.resume('default')
  if (kind === 'stop') {
    await worker.stop()
    await queue.close()
    process.disconnect()
  }
})

process.on('disconnect', () => process.exit())
process.send({ kind: 'ready' })

/**
 * The most that was resident at any time. Not `process.resourceUsage().maxRSS`: on Linux that begins with the peak of
 * the process that started this one.
 */
function peakBytes() {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return Number(kilobytes) * 1_024
  } catch {
    return process.resourceUsage().maxRSS * 1_024
  }
}
