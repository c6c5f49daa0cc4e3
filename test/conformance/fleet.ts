import { type JobHandle, Worker } from '../../src/index.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Queue } from '../../src/queue/queue.ts'

export const LEASE = { lease: '10s', beat: '3s', concurrency: 1 } as const

/** A worker that nobody ever hears of. */
export const NOBODY = {
  name: 'nobody',
  host: 'nowhere',
  pid: 1,
  version: '1',
  names: null,
  queues: null,
  concurrency: 1,
}

export async function startAll(
  queues: readonly Queue[],
  clock: VirtualClock,
  options: ConstructorParameters<typeof Worker>[1],
): Promise<Worker[]> {
  const workers = queues.map((queue) => new Worker(queue, options))
  for (const worker of workers) await worker.start()
  await clock.settle()
  return workers
}

export async function stopAll(workers: readonly Worker[], clock: VirtualClock): Promise<void> {
  const stopped = workers.map((worker) => worker.stop({ timeout: 0 }))
  await clock.advance('10s')
  await Promise.all(stopped)
}

export function views(handles: readonly JobHandle[]) {
  return Promise.all(handles.map((handle) => handle.get()))
}
