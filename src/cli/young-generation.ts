import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import type { Queue } from '../queue/queue.ts'

/** Both halves: twice the 16 MiB that Node's manual gives as the limit of one. */
const LIMIT_BYTES = 2 * 16 * 1024 * 1024

/**
 * Keeps V8's young generation at 32 MiB in a process that works on this queue. By itself V8 doubles it whenever as
 * much as it holds has survived in it, in however long a time, and the limit grows with the memory of the machine:
 * 128 MiB on one with 24 GiB, for a worker that needs 10. The limit itself cannot be changed once V8 runs; how much
 * it grows at a time can.
 *
 * The command starts Node with a limit of its own (the first line of main.ts). That is lost where somebody runs
 * `node …/dist/cli/main.js`, as containers and process managers do; then this holds.
 *
 * A flag is the whole process's, so this is here and not in the library, whose process is not ours. Handlers that keep
 * much for a short time are collected more often by it; nothing is refused.
 */
export function limitYoungGeneration(queue: Pick<Queue, 'on'>): void {
  // Once a claim: often enough to see it grow, and a few microseconds for many jobs.
  const stopLooking = queue.on('claim', () => {
    if (youngGenerationBytes() < LIMIT_BYTES) return
    setFlagsFromString('--semi-space-growth-factor=1')
    stopLooking()
  })
}

/** What V8 has set aside for it, used or not. */
function youngGenerationBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  return space?.space_size ?? 0
}
