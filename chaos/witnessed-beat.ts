import { workerData } from 'node:worker_threads'
import type { BeatThreadData, OpenBeat } from '../src/worker/beat-thread.ts'
import { followWallClock } from './clock.ts'
import { Witness, witnessMs } from './witness.ts'

/** What the beat thread is given here. */
export interface WitnessedBeat {
  /** The file of the process's witness. */
  readonly witness: string
  /** The file of the wall clock. */
  readonly clock: string
  /** The store's own module, and what that is given. */
  readonly module: string
  readonly data: unknown
}

/** The beat thread of a worker, with a witness: loaded in place of the store's module. */
const given = (workerData as BeatThreadData).data as WitnessedBeat
const original = (await import(given.module)) as { openBeat: OpenBeat }
followWallClock(given.clock)
const witness = new Witness(given.witness)

export const openBeat: OpenBeat = () => {
  const connection = original.openBeat(given.data)
  return {
    open: async () => connection.open?.(),
    async extend(worker, leaseMs) {
      const sentMs = witnessMs()
      const beat = await connection.extend(worker, leaseMs)
      if (!beat.lost) witness.write({ kind: 'leased', worker, leaseMs, sentMs })
      return beat
    },
    close: () => connection.close(),
  }
}
