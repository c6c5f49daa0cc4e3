/** A worker in a process of its own, which writes down all that it is told and does. Stops gracefully on SIGTERM. */
import { isMillhandError } from '../src/kit/error.ts'
import { Worker } from '../src/worker/worker.ts'
import { followWallClock } from './clock.ts'
import { block, handledBy } from './jobs.ts'
import { BEGUN, COULD_NOT_BEGIN, type Word, type WorkerProcessOptions } from './messages.ts'
import { openQueueOn, openStore } from './open.ts'
import { Witness } from './witness.ts'
import { witnessed } from './witnessed-store.ts'

const options = JSON.parse(process.argv[2] ?? '') as WorkerProcessOptions
process.on('disconnect', () => process.exit())
followWallClock(options.clock)
const witness = new Witness(options.witness)
try {
  await work()
} catch (error) {
  if (!isMillhandError(error)) throw error
  console.error(error.message)
  process.exit(COULD_NOT_BEGIN)
}

async function work(): Promise<void> {
  const store = await openStore(options.url)
  const queue = openQueueOn(witnessed(store, witness, options))
  const worker = new Worker(queue, { ...options.worker, jobs: handledBy(witness) })
  process.on('SIGTERM', async () => {
    await worker.stop()
    await queue.close()
    process.exit()
  })
  process.on('message', (word: Word) => {
    if (word.word === 'block') block(word.forMs)
  })
  await worker.start()
  process.send?.(BEGUN)
}
