import { defineJob, openQueue, Worker } from 'millhand'

/** How often the event loop is blocked until its thread has said so, and for how long each time. */
const BLOCKS_MAX = 60
const BLOCK_MS = 300

const block = defineJob({
  name: 'bundled.block',
  run: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, BLOCK_MS)
    return 'fine'
  },
})

/**
 * A program as a user would bundle it. It blocks its event loop: that it is blocked can only be told by a beat thread that
 * is alive.
 */
async function main(): Promise<void> {
  const queue = await openQueue(String(process.env.STORE))
  const errors: string[] = []
  let blocked = 0
  queue.on('loop_error', ({ loop, error }) => errors.push(`${loop}: ${error.message}`))
  queue.on('lease_lost', () => errors.push('the lease was lost'))
  queue.on('loop_blocked', () => {
    blocked += 1
  })
  const worker = new Worker(queue, { jobs: [block], beat: '20ms' })
  await worker.start()
  const results = new Set<unknown>()
  for (let round = 0; round < BLOCKS_MAX && blocked === 0; round += 1) {
    const job = await queue.enqueue(block)
    results.add(await job.result())
  }
  await worker.stop()
  await queue.close()
  process.stdout.write(JSON.stringify({ results: [...results], beats: blocked > 0, errors }))
}

void main()
