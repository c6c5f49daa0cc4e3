import { once } from 'node:events'
import { openQueue } from 'millhand'
import { type EnqueuerProcessOptions, type EnqueuerTold, scripted } from './script.ts'

/** A process that enqueues as fast as it can, and tells every id when it is acknowledged. */

const { url, script, atATime, most } = JSON.parse(process.argv[2] ?? '') as EnqueuerProcessOptions
await tell({ kind: 'loaded' })
await once(process, 'message')
const queue = await openQueue(url)
try {
  for (let count = 0; count < most; count += atATime) {
    const jobs = await Promise.all(Array.from({ length: atATime }, () => queue.enqueue(scripted, script)))
    await tell({ kind: 'acknowledged', ids: jobs.map((job) => job.id) })
  }
} catch (error) {
  await tell({ kind: 'refused', error: error as Error })
}
await queue.close()
process.disconnect()

/** Resolves when the message has been handed to the operating system: it arrives even if this process dies now. */
function tell(told: EnqueuerTold): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(told, undefined, undefined, () => resolve())
  })
}
