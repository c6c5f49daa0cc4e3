/** A client in a process of its own: enqueues, cancels and retries until it is told to stop, and writes down each answer. */
import { Chance } from '../simulation/chance.ts'
import { isMillhandError } from '../src/kit/error.ts'
import { Client } from './client.ts'
import { followWallClock } from './clock.ts'
import { BEGUN, type ClientProcessOptions, COULD_NOT_BEGIN, type Word } from './messages.ts'
import { openQueueOn, openStore } from './open.ts'
import { Witness } from './witness.ts'

/** Calls side by side, so that some of them are grouped. */
const SIDE_BY_SIDE = 3

const options = JSON.parse(process.argv[2] ?? '') as ClientProcessOptions
const stopped = new AbortController()
process.on('disconnect', () => process.exit())
process.on('message', ({ word }: Word) => {
  if (word === 'stop') stopped.abort()
})
followWallClock(options.clock)
try {
  await ask()
} catch (error) {
  if (!isMillhandError(error)) throw error
  console.error(error.message)
  process.exit(COULD_NOT_BEGIN)
}
process.exit()

async function ask(): Promise<void> {
  const queue = openQueueOn(await openStore(options.url))
  process.send?.(BEGUN)
  const chance = new Chance(options.seed)
  const client = new Client(queue, new Witness(options.witness))
  const loops = Array.from({ length: SIDE_BY_SIDE }, () => client.ask(chance.fork(), stopped.signal))
  await Promise.all(loops)
  await queue.close()
}
